//! Dollars and joules of a token against speed and users, for both contestants.
//!
//! In: a contest, what the viewer changed.  Out: a curve for each, pins for what is claimed, markers where they cross.
//! Invariant: every point is a bill; a curve ends where memory does, and says so; pins carry their standing.
//! Method: the rival's rates come from its model; the LPU's pipeline serves each user at its one rate until caches are full.

use super::contest::{BOXES, Contest, LpuRate, Setting};
use super::error::CaseError;
use cost::{Place, Refusal, Sheet, crossings};
use serde::{Deserialize, Serialize};
use units::{Standing, Text};

/// A contestant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Who {
    /// The rival.
    Gpu,
    /// Ours.
    Lpu,
}

/// One load of one contestant.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// Users at once.
    pub users: f64,
    /// Tokens per second of each.
    pub per_user: f64,
    /// Tokens per second of all.
    pub tokens_per_second: f64,
    /// Dollars per million tokens for the owner; `None` if no price is known.
    pub dollars: Option<f64>,
    /// Joules per token.
    pub joules: f64,
}

/// A contestant's curve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// Whose.
    pub who: Who,
    /// Its machine.
    pub name: Text,
    /// What the rates are.
    pub basis: Text,
    /// How well the rates are known.
    pub standing: Standing,
    /// From few users to many.
    pub points: Vec<CurvePoint>,
    /// Why it ends.
    pub ends: Text,
}

/// A published or told figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pin {
    /// What is claimed.
    pub label: Text,
    /// Tokens per second of a user.
    pub per_user: f64,
    /// Dollars per million tokens.
    pub dollars: f64,
    /// The weaker of both.
    pub standing: Standing,
    /// Both sources.
    pub source: String,
}

/// A place on the joules' picture that says something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Marker {
    /// What it says.
    pub label: Text,
    /// Users at once.
    pub users: f64,
    /// Joules per token.
    pub joules: f64,
}

/// Both curves with what is marked on them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curves {
    /// The rival's, and ours where a rate is known.
    pub curves: Vec<Curve>,
    /// Claims.
    pub pins: Vec<Pin>,
    /// Where joules cross.
    pub markers: Vec<Marker>,
    /// In a sentence, who needs fewer joules where.
    pub verdict: Text,
    /// The viewer's setting on either curve, in their order.
    pub dots: Vec<CurvePoint>,
    /// What was refused of what the viewer typed.
    pub refused: Vec<Refusal>,
}

impl Contest {
    /// The curves.
    ///
    /// Errors: a bill cannot be written.
    pub fn curves(&self, setting: &Setting) -> Result<Curves, CaseError> {
        let (gpu, refused) = self.gpu_curve(setting)?;
        let lpu = self.lpu_curve(setting)?;
        let users = self.users(setting);
        let mut dots = vec![self.gpu_point(&self.rate(users)?, setting)?];
        if let (Some(curve), Some(per_user)) = (&lpu, self.lpu.per_second()) {
            let most = curve.points.last().map_or(1.0, |point| point.users);
            dots.push(self.lpu_point(f64::from(users).min(most), per_user, setting)?);
        }
        let (markers, verdict) = marked(&gpu, lpu.as_ref());
        let curves = std::iter::once(gpu).chain(lpu).collect();
        Ok(Curves { curves, pins: self.pins()?, markers, verdict, dots, refused })
    }

    fn gpu_point(&self, rate: &super::contest::GpuRate, setting: &Setting) -> Result<CurvePoint, CaseError> {
        let (sheet, _) = self.gpu_sheet(rate, setting);
        let users = f64::from(rate.users);
        self.point(&sheet, &self.gpu_hardware(), users)
    }

    fn lpu_point(&self, users: f64, per_user: f64, setting: &Setting) -> Result<CurvePoint, CaseError> {
        let sheet = self.lpu_sheet(users, per_user, setting);
        self.point(&sheet, &self.lpu_hardware(), users)
    }

    fn point(&self, sheet: &Sheet<'_>, hardware: &cost::Hardware, users: f64) -> Result<CurvePoint, CaseError> {
        let dollars = match cost::owned(sheet, hardware) {
            Ok(bill) => Some(bill.total),
            Err(cost::BillError::NoPrice) => None,
            Err(error) => return Err(error.into()),
        };
        let joules = cost::joules(sheet, hardware)?.total;
        let tokens_per_second = sheet.value("use.tokens_per_second")?;
        Ok(CurvePoint { users, per_user: tokens_per_second / users, tokens_per_second, dollars, joules })
    }

    fn gpu_curve(&self, setting: &Setting) -> Result<(Curve, Vec<Refusal>), CaseError> {
        let (rates, end) = self.rates();
        let setting = &setting.of_any_load();
        let points = rates.iter().map(|rate| self.gpu_point(rate, setting)).collect::<Result<Vec<_>, _>>()?;
        let refused = rates.first().map(|rate| self.gpu_sheet(rate, setting).1).unwrap_or_default();
        let ends = match end {
            Some(error) => Text::new(error.chinese(), error.to_string()),
            None => Text::of("到此為止，還放得下更多人", "computed up to here; more would fit"),
        };
        let basis = self.gpu_basis();
        let name = self.gpu_hardware().name;
        Ok((Curve { who: Who::Gpu, name, basis, standing: Standing::Derived, points, ends }, refused))
    }

    fn lpu_curve(&self, setting: &Setting) -> Result<Option<Curve>, CaseError> {
        let Some(per_user) = self.lpu.per_second() else { return Ok(None) };
        let setting = &setting.of_any_load();
        let hardware = self.lpu_hardware();
        let sheet = self.lpu_sheet(1.0, per_user, setting);
        let most = cost::users_most(&sheet, &hardware)?;
        let mut loads = Vec::new();
        let mut users = 1.0;
        while users < most {
            loads.push(users);
            users *= 2.0;
        }
        loads.push(most);
        let loads = loads.into_iter().filter(|users| 0.0 < *users);
        let points = loads.map(|users| self.lpu_point(users, per_user, setting)).collect::<Result<Vec<_>, _>>()?;
        let (basis, standing) = self.lpu_basis();
        let ends = Text::new(
            format!("再多，KV 快取就放不下（最多 {most} 人）"),
            format!("more users' KV caches do not fit ({most} at most)"),
        );
        Ok(Some(Curve { who: Who::Lpu, name: hardware.name, basis, standing, points, ends }))
    }

    /// What the rival's rates are.
    pub(super) fn gpu_basis(&self) -> Text {
        let seed = self.case.seed;
        Text::new(
            format!("由 GPU 模型算出，{BOXES} 台的平均，種子從 {seed} 起"),
            format!("computed by the GPU model, mean of {BOXES} boxes from seed {seed}"),
        )
    }

    /// What the LPU's rate is, and how well it is known.
    pub(super) fn lpu_basis(&self) -> (Text, Standing) {
        match &self.lpu {
            LpuRate::Published { standing, .. } => (
                Text::of(
                    "這個版本還沒有編譯它：用公開的速度，並假設管線填滿時每人速度不變",
                    "not compiled by this build: at the published rate, which is assumed to hold until the pipeline is full",
                ),
                *standing,
            ),
            _ => (
                Text::of(
                    "由這個版本編譯、驗證、模擬；假設多人時每人速度不變",
                    "compiled, verified and simulated by this build; assumed to hold for every user",
                ),
                Standing::Derived,
            ),
        }
    }

    fn pins(&self) -> Result<Vec<Pin>, CaseError> {
        let (Some(rate), Some(asked)) = (&self.case.lpu.rate, &self.case.lpu.asked) else { return Ok(Vec::new()) };
        let sheet = Sheet::new(&self.book);
        let (rate, asked) = (sheet.input(rate)?, sheet.input(asked)?);
        let label = Text::new(
            format!("宣稱：每秒 {} 個 token，每百萬個 {} 美元", rate.value, asked.value),
            format!("claimed: {} tokens/s, ${} per million", rate.value, asked.value),
        );
        let standing = rate.standing.max(asked.standing);
        let source = format!("{}; {}", rate.source, asked.source);
        Ok(vec![Pin { label, per_user: rate.value, dollars: asked.value, standing, source }])
    }
}

/// Crossings of the joules, and where the rival becomes as good as the other's best.
fn marked(gpu: &Curve, lpu: Option<&Curve>) -> (Vec<Marker>, Text) {
    let Some(lpu) = lpu else {
        return (
            Vec::new(),
            Text::of("只有一邊算得出來，無從比較。", "Only one side can be computed: there is nothing to compare."),
        );
    };
    let places = |curve: &Curve| curve.points.iter().map(|p| Place { x: p.users, y: p.joules }).collect::<Vec<_>>();
    let (ours, theirs) = (places(lpu), places(gpu));
    let mut markers: Vec<Marker> =
        crossings(&ours, &theirs).into_iter().map(|place| marker("兩條線相交", "the curves cross", place)).collect();
    let meets = !markers.is_empty();
    let best = ours.iter().fold(f64::INFINITY, |least, place| least.min(place.y));
    let level = |curve: &[Place], y: f64| {
        let ends = [curve.first(), curve.last()].map(|place| Place { x: place.map_or(0.0, |place| place.x), y });
        crossings(curve, &ends).into_iter().next()
    };
    if let Some(place) = level(&theirs, best) {
        markers.push(marker(
            "GPU 追上 LPU 填滿時的最佳值",
            "here the GPU needs no more than the LPU's best, a full pipeline",
            place,
        ));
    }
    if let Some(place) = theirs.first().and_then(|one| level(&ours, one.y)) {
        markers.push(marker(
            "LPU 從這裡起勝過只服務一人的 GPU",
            "from here the LPU needs less than a GPU box with one user",
            place,
        ));
    }
    let verdict = if meets {
        Text::of(
            "同樣的人數下，兩者各有勝場：相交處已標出。",
            "At equal numbers of users each wins somewhere: the crossing is marked.",
        )
    } else if theirs.first().is_some_and(|one| ours.first().is_some_and(|our| one.y < our.y)) {
        Text::of(
            "以這些輸入，同樣的人數下 GPU 每個 token 都比較省；LPU 要填滿管線，才勝過只服務一人的 GPU。",
            "With these inputs the GPU needs fewer joules at every equal number of users; only a full pipeline beats a GPU box with one user.",
        )
    } else {
        Text::of(
            "以這些輸入，同樣的人數下 LPU 每個 token 都比較省。",
            "With these inputs the LPU needs fewer joules at every equal number of users.",
        )
    };
    (markers, verdict)
}

fn marker(zh: &'static str, en: &'static str, place: Place) -> Marker {
    Marker { label: Text::of(zh, en), users: place.x, joules: place.y }
}
