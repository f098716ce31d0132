//! Seeks: how long any cycle of any token takes to be there, its bytes and its picture.
//!
//! In: a session with a text.  Out: times of moments and of pictures, at seeded random places.
//! Invariant: what every moment has on the streams is what the timeline says, value by value: one comes from execution, the other from
//!     the queues alone.
//! Method: places are drawn over all tokens and cycles, so that hardly one lies near the one before.

use crate::PROMPT;
use crate::clock::{Times, seconds, timed};
use crate::report::Row;
use frame::{ChipView, Cursor, IssueId, Timeline};
use sim::Moment;
use study::{Flow, Options, Progress, Sampling, Session};
use units::Rng;

const SEED: u64 = 1;

fn go_on(_: Progress) -> Flow {
    Flow::Continue
}

/// Times of `seeks` seeks in a text of the prompt and `generated` tokens.
pub fn measure(bytes: &[u8], context: u32, generated: u32, seeks: u32) -> Vec<Row> {
    let options = Options { context, ..Options::default() };
    let mut session = Session::open(bytes, &options, &mut go_on).expect("the model opens");
    session.prompt(PROMPT, Sampling::Greedy, &mut go_on).expect("the prompt fits");
    session.generate(generated, Sampling::Greedy, &mut go_on).expect("the text fits");
    let (timeline, stand) = timed(3, || Timeline::new(session.chip(), session.program()));
    let tokens = session.tokens().len() as u64;
    let mut rng = Rng::new(SEED);
    let (mut moments, mut pictures) = (Times::new(), Times::new());
    for _ in 0..seeks {
        let cursor = Cursor { token: rng.below(tokens) as u32, cycle: rng.below(timeline.length()) };
        let (moment, time) = seconds(|| session.moment(cursor.token, cursor.cycle));
        moments.push(time);
        check(&timeline, &moment.expect("the token was run"), cursor);
        let (scene, time) = seconds(|| frame::chip(&timeline, cursor, &ChipView::full()));
        pictures.push(time);
        assert!(!scene.layers.is_empty(), "the picture of {cursor:?} is empty");
    }
    vec![
        Row::milliseconds("timeline", &stand),
        Row::milliseconds("seek: Session::moment", &moments),
        Row::milliseconds("seek: frame::chip", &pictures),
    ]
}

/// Every value under way, from both sides.
fn check(timeline: &Timeline, moment: &Moment, cursor: Cursor) {
    let live = moment.live();
    let executed: Vec<(_, _, _, IssueId)> =
        live.iter().map(|word| (word.stream, word.diagonal, word.delay, word.producer.into())).collect();
    let here = timeline.live(cursor.cycle);
    let here = here.iter().filter_map(|live| Some((live, live.delay(cursor.cycle, 0)?)));
    let drawn: Vec<_> = here.map(|(live, delay)| (live.id.stream, live.diagonal, delay, live.id.issue)).collect();
    assert_eq!(drawn, executed, "{cursor:?}");
}
