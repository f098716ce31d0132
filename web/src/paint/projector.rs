//! What of the chip or its memory is on the screen: keeps the moments, paints the present one, asks what lies under a point.
//!
//! In: the state.  Out: pixels on the canvas of the view; questions to the worker.
//! Invariant: nothing is painted twice for the same moment, fraction, size and language on the same canvas.
//! Method: a reel of moments; a signature of what was painted last.

use super::{Painter, Picture, place};
use crate::link::View;
use crate::picture::{plan_of, plan_wanted, token_of, view_of};
use crate::protocol::{self, Epoch, Facts, Plan, PlanShot, PlanWanted, Request, Shot, ShotsWanted};
use crate::reel::{Reel, Wish};
use crate::state::{Hovered, State};
use crate::theme::Theme;
use frame::{Area, Detail, Kind, Lang, Scene, Selection, Sentence, Shape};
use std::rc::Rc;
use web_sys::HtmlCanvasElement;
use yew::NodeRef;

/// How far around a shape, in the picture's own units, it is still meant.
const NEAR: f32 = 2.0;

/// Whether a point in a shape's area is on the shape: of a line, near the line.
fn is_on(shape: &Shape, (x, y): (f32, f32)) -> bool {
    let (area, right, down) = (&shape.area, shape.area.width(), shape.area.height());
    // The distance times the length, compared by squares.
    let apart = (x - area.x0) * down - (y - area.y0) * right;
    shape.kind != Kind::Line || apart * apart <= 4.0 * NEAR * NEAR * (right * right + down * down)
}

/// Signature of what was painted.
#[derive(Clone, PartialEq)]
struct Painted {
    /// The element itself: a page that is laid out anew may bring another one, which is empty.
    canvas: HtmlCanvasElement,
    scene: *const Scene,
    fraction: f64,
    lang: Lang,
    size: (i32, i32),
    look: Option<Area>,
}

/// Shows the chip.
pub struct Projector {
    canvas: NodeRef,
    painter: Painter,
    reel: Reel,
    shot: Option<Rc<Shot>>,
    plan: Option<Rc<PlanShot>>,
    plan_asked: Option<PlanWanted>,
    painted: Option<Painted>,
    /// The part of the chip that is looked at, if not all of it.
    look: Option<Area>,
    /// The theme whose colours the painter has.
    theme: Option<Theme>,
}

impl Projector {
    /// A projector whose canvas is not on the page yet.
    pub fn new() -> Self {
        Projector {
            canvas: NodeRef::default(),
            painter: Painter::new(),
            reel: Reel::default(),
            shot: None,
            plan: None,
            plan_asked: None,
            painted: None,
            look: None,
            theme: None,
        }
    }

    /// Takes the colours of a theme, once the document has them.
    pub fn wear(&mut self, theme: Theme) {
        if self.theme != Some(theme) {
            (self.painter, self.painted, self.theme) = (Painter::new(), None, Some(theme));
        }
    }

    /// The canvas it paints on, for the component that lays it out.
    pub fn canvas(&self) -> NodeRef {
        self.canvas.clone()
    }

    /// What happens in the moment that is shown.
    pub fn sentence(&self, state: &State) -> Option<&Sentence> {
        match plan_of(state) {
            _ if state.is_inside() => None,
            Some(_) => self.plan.as_ref().map(|shot| &shot.sentence),
            None => self.shot.as_ref().map(|shot| &shot.sentence),
        }
    }

    /// The plan as it was last shown.
    pub fn plan(&self) -> Option<&PlanShot> {
        self.plan.as_deref()
    }

    /// Whether nothing moves in the state's moment, as far as it is at hand.
    pub fn is_quiet(&self, state: &State) -> bool {
        let there = self.reel.at(state.epoch, state.cursor.cycle);
        plan_of(state).is_none() && there.is_some_and(|shot| shot.is_quiet)
    }

    /// Takes moments from the worker; says whether the one of `cycle` came with them.
    pub fn put(&mut self, epoch: Epoch, wanted: ShotsWanted, shots: Vec<Shot>, cycle: u64) -> bool {
        let came = (wanted.from..wanted.from + shots.len() as u64).contains(&cycle);
        self.reel.put(epoch, wanted, shots);
        came
    }

    /// Takes a moment of a plan from the worker.
    pub fn put_plan(&mut self, shot: PlanShot) {
        self.plan_asked = None;
        self.plan = Some(Rc::new(shot));
    }

    /// Paints; returns the question to ask.
    pub fn show(&mut self, state: &State) -> Option<Request> {
        match plan_of(state) {
            _ if state.is_inside() => self.show_rush(state),
            None if state.view == View::Numbers => None,
            Some(plan) => self.show_plan(state, plan),
            None => self.show_chip(state),
        }
    }

    fn show_plan(&mut self, state: &State, plan: Plan) -> Option<Request> {
        state.shown_run()?;
        let wanted = plan_wanted(state, plan);
        let shot = self.plan.clone().filter(|shot| shot.wanted.plan == plan);
        let is_there = shot.as_ref().is_some_and(|shot| shot.wanted == wanted);
        if let (Some(canvas), Some(shot)) = (self.canvas.cast::<HtmlCanvasElement>(), shot) {
            let fraction = if is_there { state.playback.fraction() } else { 0.0 };
            self.paint(&canvas, &shot.scene, None, fraction, state);
        }
        if is_there || self.plan_asked.is_some() {
            return None;
        }
        self.plan_asked = Some(wanted);
        Some(Request::Plan(wanted))
    }

    /// The scene inside a chip comes from the second worker, which the state asks.
    fn show_rush(&mut self, state: &State) -> Option<Request> {
        let shown = state.rush_shown()?.clone();
        if let Some(canvas) = self.canvas.cast::<HtmlCanvasElement>() {
            self.paint(&canvas, &shown.scene, None, 0.0, state);
        }
        None
    }

    fn show_chip(&mut self, state: &State) -> Option<Request> {
        let opened = state.opened.clone()?;
        let wish = Wish {
            epoch: state.epoch,
            view: view_of(state),
            on: state.on,
            token: token_of(state),
            cycle: state.cursor.cycle,
            length: opened.deck.length,
            motion: state.playback.motion,
            rate: state.playback.cycles_per_second(),
        };
        let asked = self.reel.ask(&wish).map(Request::Shots);
        self.shot = self.reel.show(&wish);
        let fraction = if self.reel.has(&wish) { state.playback.fraction() } else { 0.0 };
        if let (Some(canvas), Some(shot)) = (self.canvas.cast::<HtmlCanvasElement>(), self.shot.clone()) {
            let detail = view_of(state).detail;
            let floor = opened.floors.iter().find(|floor| floor.0 == detail);
            let floor = floor.map(|(detail, scene)| (scene, *detail == Detail::Overview));
            // A camera that has lost what it follows stays where it is.
            let nearer = state.nearer();
            self.look = nearer.and_then(|nearer| shot.scene.close_up(nearer, fraction as f32).or(self.look));
            self.paint(&canvas, &shot.scene, floor, fraction, state);
        }
        asked
    }

    fn paint(
        &mut self,
        canvas: &HtmlCanvasElement,
        scene: &Scene,
        floor: Option<(&Scene, bool)>,
        fraction: f64,
        state: &State,
    ) {
        let size = (canvas.client_width(), canvas.client_height());
        let lang = state.lang.of_frame();
        let look = self.look.filter(|_| floor.is_some());
        let painted = Painted { canvas: canvas.clone(), scene: std::ptr::from_ref(scene), fraction, lang, size, look };
        if self.painted.as_ref() == Some(&painted) {
            return;
        }
        self.painted = Some(painted);
        self.painter.paint(canvas, &Picture { floor, scene, fraction: fraction as f32, lang, look });
    }

    /// The value in the spotlight of the moment that is shown.
    pub fn spotlight(&self, state: &State) -> Option<Selection> {
        state.selection.or(self.shot.as_ref()?.showpiece.map(Selection::Value))
    }

    /// The question what lies under a point of the canvas.
    pub fn pick(&self, state: &State, at: (f64, f64)) -> Option<Request> {
        let (_, picture, at) = self.under(state, at)?;
        Some(Request::Pick { on: state.on, cursor: state.cursor, picture, at })
    }

    /// What a point of the canvas is over, while time stands still: what a click would select; of the schedule the cell.
    pub fn hover(&self, state: &State, at: (f64, f64)) -> Option<Hovered> {
        let (scene, _, (x, y)) = self.under(state, at).filter(|_| !state.moves() && self.look.is_none())?;
        let size = (scene.width, scene.height);
        if state.view == View::Schedule {
            let Facts::Schedule(facts) = &self.planned(state)?.facts else { return None };
            return facts.grid().area((x, y)).map(|cell| Hovered { size, areas: vec![cell] });
        }
        let shapes = || scene.layers.iter().flat_map(|layer| &layer.shapes);
        let near = |area: &Area| Area::new(area.x0 - NEAR, area.y0 - NEAR, area.x1 + NEAR, area.y1 + NEAR);
        let is_under = |shape: &&Shape| near(&shape.area).contains(x, y) && is_on(shape, (x, y));
        let target = shapes().rev().filter(is_under).find_map(|shape| shape.target)?;
        let areas = shapes().filter(|shape| shape.target == Some(target)).map(|shape| near(&shape.area)).collect();
        Some(Hovered { size, areas })
    }

    /// The plan of the view that is shown, if that is what there is.
    fn planned(&self, state: &State) -> Option<&PlanShot> {
        self.plan().filter(|shot| plan_of(state) == Some(shot.wanted.plan))
    }

    /// The picture under a point of the canvas, and which point of it.
    fn under(&self, state: &State, at: (f64, f64)) -> Option<(&Scene, protocol::Picture, (f32, f32))> {
        let canvas = self.canvas.cast::<HtmlCanvasElement>().filter(|_| !state.is_inside())?;
        let (scene, picture) = match state.view {
            View::Memory => (&self.planned(state)?.scene, protocol::Picture::Memory),
            View::Traffic => (&self.planned(state)?.scene, protocol::Picture::Traffic),
            View::Compiler => (&self.planned(state)?.scene, protocol::Picture::Compiler(state.selection)),
            View::Schedule => (&self.planned(state)?.scene, protocol::Picture::Schedule(state.compiling.wanted.zoom)),
            View::Opening | View::Token | View::Chip | View::Numbers => {
                (&self.shot.as_ref()?.scene, protocol::Picture::Chip(view_of(state)))
            }
        };
        let look = self.look.filter(|_| matches!(picture, protocol::Picture::Chip(_)));
        let at = place(&canvas, scene, look, at)?;
        Some((scene, picture, at))
    }
}
