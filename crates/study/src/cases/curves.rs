//! Dollars and joules of a token against speed and users, for both contestants.
//!
//! In: a contest, what the viewer changed.  Out: a curve for each, pins for what is claimed, markers where they cross.
//! Invariant: every point is a bill; a curve ends where memory does, and says so; pins carry their standing.
//! Method: the rival's rates come from its model; the LPU's pipeline serves each user at its one rate until caches are full. Where
//!     joules cross is searched among whole numbers of users, each a bill of its own; between the curve's points nothing is interpolated.

use super::contest::{BOXES, Contest, LpuRate, Setting};
use super::error::CaseError;
use cost::{Refusal, Sheet};
use serde::{Deserialize, Serialize};
use units::{Order, Standing, Text};

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
        let of_any_load = setting.of_any_load();
        let (gpu, refused) = self.gpu_curve(&of_any_load)?;
        let lpu = self.lpu_curve(&of_any_load)?;
        let users = self.users(setting);
        let mut dots = vec![self.gpu_point(&self.rate(users)?, setting)?];
        if let (Some(curve), Some(per_user)) = (&lpu, self.lpu.per_second()) {
            let most = curve.points.last().map_or(1.0, |point| point.users);
            dots.push(self.lpu_point(f64::from(users).min(most), per_user, setting)?);
        }
        let (markers, verdict) = match &lpu {
            Some(lpu) => self.marked([&gpu, lpu], &of_any_load)?,
            None => (Vec::new(), ONE_SIDE),
        };
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
        let points = rates.iter().map(|rate| self.gpu_point(rate, setting)).collect::<Result<Vec<_>, _>>()?;
        let refused = rates.first().map(|rate| self.gpu_sheet(rate, setting).1).unwrap_or_default();
        let ends = match end {
            Some(error) => Text::new(error.chinese(), error.to_string()),
            None => Text::of("到此為止，還放得下更多人", "computed up to here; more would fit"),
        };
        let basis = self.gpu_basis();
        let name = self.gpu_hardware().name;
        Ok((Curve { who: Who::Gpu, name, basis, standing: self.standing_of_gpu(), points, ends }, refused))
    }

    fn lpu_curve(&self, setting: &Setting) -> Result<Option<Curve>, CaseError> {
        let Some(per_user) = self.lpu.per_second() else { return Ok(None) };
        let most = self.lpu_most(per_user, setting)?;
        let mut loads = Vec::new();
        let mut users = 1.0;
        while users < most {
            loads.push(users);
            users *= 2.0;
        }
        loads.push(most);
        let points =
            loads.into_iter().map(|users| self.lpu_point(users, per_user, setting)).collect::<Result<Vec<_>, _>>()?;
        let ends = Text::new(
            format!("再多，KV 快取就放不下（最多 {most} 人）"),
            format!("more users' KV caches do not fit ({most} at most)"),
        );
        let (name, basis, standing) = (self.lpu_hardware().name, self.lpu_basis(), self.standing_of_lpu(most));
        Ok(Some(Curve { who: Who::Lpu, name, basis, standing, points, ends }))
    }

    /// What the rival's rates are.
    pub(super) fn gpu_basis(&self) -> Text {
        let seed = self.case.seed;
        Text::new(
            format!(
                "由 GPU 模型算出，{BOXES} 台的平均，種子從 {seed} 起；模型的四個常數對 gpt-fast 公布的七個 A100 數據擬合"
            ),
            format!(
                "computed by the GPU model, mean of {BOXES} boxes from seed {seed}; four of its constants were fitted to seven points that \
                 gpt-fast published of A100"
            ),
        )
    }

    /// What the LPU's rate is.
    pub(super) fn lpu_basis(&self) -> Text {
        match &self.lpu {
            LpuRate::Published { .. } => Text::of(
                "用公開的一人速度；多人時假設每人速度不變，直到管線填滿。這個版本自己編譯的程式畫在「為什麼快」",
                "at the rate that was published for one user; that others keep it until the pipeline is full is assumed. What this build \
                 compiled itself stands in the waterfall",
            ),
            LpuRate::Compiled { .. } | LpuRate::Unknown => Text::of(
                "由這個版本編譯、驗證、模擬；假設多人時每人速度不變",
                "compiled, verified and simulated by this build; assumed to hold for every user",
            ),
        }
    }

    /// Joules of a token of either with so many users.
    fn joules(&self, who: Who, users: u32, setting: &Setting) -> Result<f64, CaseError> {
        let point = match (who, self.lpu.per_second()) {
            (Who::Lpu, Some(per_user)) => self.lpu_point(f64::from(users), per_user, setting)?,
            (Who::Gpu, _) | (Who::Lpu, None) => self.gpu_point(&self.rate(users)?, setting)?,
        };
        Ok(point.joules)
    }

    /// Where the curves change places, where each reaches the other's end, and what that means.
    fn marked(&self, [gpu, lpu]: [&Curve; 2], setting: &Setting) -> Result<(Vec<Marker>, Text), CaseError> {
        let joules = |who, users| self.joules(who, users, setting);
        let (of_gpu, of_lpu) = (whole_users(gpu), whole_users(lpu));
        let (gpu_most, lpu_most) = (last(&of_gpu), last(&of_lpu));
        let common = gpu_most.min(lpu_most);
        let mut stops: Vec<u32> = of_gpu.iter().chain(&of_lpu).copied().filter(|users| *users <= common).collect();
        stops.order();
        stops.dedup();
        let lpu_wins = |users: u32| Ok::<bool, CaseError>(joules(Who::Lpu, users)? < joules(Who::Gpu, users)?);
        let first_wins = lpu_wins(1)?;
        let mut markers = Vec::new();
        for (users, wins) in changes(&stops, &lpu_wins)? {
            let label = if wins { LPU_FROM_HERE } else { GPU_FROM_HERE };
            markers.push(Marker { label, users: f64::from(users), joules: joules(Who::Lpu, users)? });
        }
        let (alone, best) = (joules(Who::Gpu, 1)?, joules(Who::Lpu, lpu_most)?);
        let reached = changes(&of_gpu, &|users| Ok::<bool, CaseError>(joules(Who::Gpu, users)? <= best))?;
        if let Some((users, true)) = reached.first() {
            let label =
                Text::of("GPU 從這裡起不輸 LPU 填滿時", "from here the GPU needs no more than a full LPU pipeline");
            markers.push(Marker { label, users: f64::from(*users), joules: joules(Who::Gpu, *users)? });
        }
        let beats = changes(&of_lpu, &|users| Ok::<bool, CaseError>(joules(Who::Lpu, users)? < alone))?;
        let from = beats.first().filter(|(_, beats)| *beats).map(|(users, _)| *users);
        if let Some(users) = from {
            let label = Text::of("LPU 從這裡起勝過只服務一人的 GPU", "from here the LPU beats a GPU box with one user");
            markers.push(Marker { label, users: f64::from(users), joules: joules(Who::Lpu, users)? });
        }
        let crosses = markers.iter().any(|marker| marker.label == LPU_FROM_HERE || marker.label == GPU_FROM_HERE);
        Ok((markers, verdict(first_wins, crosses, common, (from, lpu_most))))
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

const ONE_SIDE: Text =
    Text::of("只有一邊算得出來，無從比較。", "Only one side can be computed: there is nothing to compare.");
const LPU_FROM_HERE: Text = Text::of("LPU 從這裡起比較省", "from here the LPU needs less");
const GPU_FROM_HERE: Text = Text::of("GPU 從這裡起比較省", "from here the GPU needs less");

/// Whole numbers of users of a curve's points.
fn whole_users(curve: &Curve) -> Vec<u32> {
    curve.points.iter().map(|point| point.users as u32).collect()
}

fn last(users: &[u32]) -> u32 {
    users.last().copied().unwrap_or(1)
}

/// Where `holds` changes along `stops`: the first whole number after each change, and what holds from there on.
///
/// Between two stops at which it is the same it is taken to be the same.
fn changes<E>(stops: &[u32], holds: &dyn Fn(u32) -> Result<bool, E>) -> Result<Vec<(u32, bool)>, E> {
    let mut found = Vec::new();
    for pair in stops.windows(2) {
        let (mut before, mut after) = (pair[0], pair[1]);
        let (was, is) = (holds(before)?, holds(after)?);
        if was == is {
            continue;
        }
        while before + 1 < after {
            let middle = before + (after - before) / 2;
            if holds(middle)? == was { before = middle } else { after = middle }
        }
        found.push((after, is));
    }
    Ok(found)
}

/// Who needs fewer joules where: `lpu_wins` with one user each; `common` users are the most that both serve; from so many users on the
/// LPU, of which the second number fits, beats a GPU box with one.
fn verdict(lpu_wins: bool, crosses: bool, common: u32, (from, most): (Option<u32>, u32)) -> Text {
    let people = |users: u32| if users == 1 { "1 user".to_owned() } else { format!("{users} users") };
    if crosses {
        return Text::new(
            format!("同樣的人數下（1 到 {common} 位），兩者各有勝場：換手的人數已標出。"),
            format!(
                "At equal numbers of users, up to {common}, each wins somewhere: where they change places is marked."
            ),
        );
    }
    if lpu_wins {
        return Text::new(
            format!("以這些輸入，同樣的人數下（1 到 {common} 位）LPU 每個 token 都比較省。"),
            format!("With these inputs the LPU needs fewer joules at every equal number of users, up to {common}."),
        );
    }
    let (zh, en) = match from {
        Some(from) => (
            format!("LPU 要同時服務 {from} 位以上（放得下 {most} 位），才勝過只服務一人的 GPU。"),
            format!(
                "from {} on (of {most} that fit) an LPU token needs less than one of a GPU box with a single user",
                people(from)
            ),
        ),
        None => (
            format!("LPU 就算同時服務放得下的 {most} 位，也勝不過只服務一人的 GPU。"),
            format!(
                "even with {}, all that fit, an LPU token needs no less than one of a GPU box with a single user",
                people(most)
            ),
        ),
    };
    Text::new(
        format!("以這些輸入，同樣的人數下（1 到 {common} 位）GPU 每個 token 都比較省；{zh}"),
        format!("With these inputs the GPU needs fewer joules at every equal number of users, up to {common}; {en}."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_found_at_its_whole_number() {
        let holds = |users: u32| Ok::<bool, ()>((14..90).contains(&users));
        assert_eq!(changes(&[1, 2, 4, 8, 16, 32, 64, 128], &holds), Ok(vec![(14, true), (90, false)]));
        assert_eq!(changes(&[1, 2], &holds), Ok(vec![]));
        assert_eq!(changes(&[13, 14], &holds), Ok(vec![(14, true)]));
        assert_eq!(changes(&[1, 64], &|_| Err(3)), Err(3));
    }

    #[test]
    fn the_verdict_is_what_the_curves_say() {
        let says = |lpu, crosses, from| verdict(lpu, crosses, 64, (from, 170)).en;
        assert!(says(false, true, None).starts_with("At equal numbers of users, up to 64, each wins"));
        assert!(says(true, false, None).contains("the LPU needs fewer joules at every"));
        assert!(says(false, false, Some(14)).contains("from 14 users on (of 170 that fit)"));
        assert!(says(false, false, None).contains("even with 170 users, all that fit"));
        assert!(verdict(false, false, 1, (None, 1)).en.contains("even with 1 user, all that fit"));
    }
}
