//! The longest path of a stage where units are shared: values one after the other, and what queues up before a port or a plane.
//!
//! In: the chains of a stage with their needs, and their bursts.  Out: cycles that no schedule with the same homes and planes could beat.
//! Invariant: nothing depends on the order or the cycles that the scheduler chose, but for distances inside a rigid chain.
//! Method: every chain has a head, the first cycle in which its origin can lie. It is the greatest of (1) the heads of chains whose values
//!     or sums it takes, plus their distance; (2) for every queue, when the chains that lead to it and issue there could be through: with
//!     release r, issues p and way d to the chain of each, the greatest min r + sum p + min d of any set of them, found by Jackson's
//!     preemptive rule; (3) for every plane: of n tiles that lead to it at most two, array and buffer, can be there when the first of them
//!     is activated; the others are loaded and installed afterwards, one after the other. The stage's end is a chain that takes all.
//!     Only the `WINDOW` chains before a chain are looked at: leaving some out makes a bound weaker, never wrong.
//! Source: Jackson, "An extension of Johnson's results on job lot scheduling", 1956; Carlier, "The one-machine sequencing problem", 1982.

use crate::schedule::Planned;
use crate::why::{Cause, Placement};
use arch::{Latencies, Queue};
use program::{AccumulateMode, Instruction, MxmFormat};
use std::collections::{BTreeMap, BinaryHeap};
use units::{Cycles, Order};

/// Chains before a chain that are looked at.
const WINDOW: usize = 128;
/// The same for the end of the stage.
const LAST_WINDOW: usize = 1024;
/// Tiles of a plane that can be there before the first one is used: its array and its buffer.
const HELD: usize = 2;

/// What a chain issues to a queue: one past the last dispatch and the first one after its origin, and how often.
#[derive(Clone, Copy, Debug)]
struct Use {
    queue: usize,
    first: i64,
    end: i64,
    issues: i64,
}

/// Weights of one plane that are installed once in the stage.
#[derive(Clone, Debug)]
struct Tile {
    plane: usize,
    /// Loads, and the Install.
    issues: i64,
    /// Chains that activate it: the first Activate after their origin, and how many.
    users: Vec<(usize, i64, i64)>,
}

/// Work for a queue on the way to a chain: when it can begin, how long it takes, how far the chain is after its end.
#[derive(Clone, Copy, Debug)]
struct Job {
    release: i64,
    issues: i64,
    way: i64,
}

/// A tile on the way to a chain: when it can be activated first, for how many cycles, its issues, and how far the chain is from its
/// first Activate.
#[derive(Clone, Copy, Debug)]
struct Turn {
    release: i64,
    activates: i64,
    issues: i64,
    way: i64,
}

/// All that is known of a stage.
struct Stage<'a> {
    chains: &'a [Placement],
    /// By chain: those before it, with the distance of origins.
    before: Vec<Vec<(usize, i64)>>,
    uses: Vec<Vec<Use>>,
    queues: usize,
    tiles: Vec<Tile>,
    install: i64,
}

/// The longest path through a stage; `bursts` are places in the plan of each chain, and where there are none only values count.
pub fn critical(chains: &[Placement], (plan, bursts): (&[Planned], &[(usize, usize)]), latency: &Latencies) -> Cycles {
    let stage = Stage::new(chains, (plan, bursts), latency);
    let mut heads: Vec<i64> = Vec::with_capacity(chains.len());
    for (index, chain) in chains.iter().enumerate() {
        let least = chain.origin - chain.begin.0 as i64;
        let path = stage.before[index].iter().map(|&(before, distance)| heads[before] + distance);
        heads.push(path.fold(least, i64::max));
        let first = index.saturating_sub(WINDOW);
        let ways = stage.ways(&[(index, 0)], first);
        heads[index] = heads[index].max(stage.queued(&heads, &ways, first));
    }
    let ends: Vec<(usize, i64)> = chains.iter().map(|chain| chain.end.0 as i64 - chain.origin).enumerate().collect();
    let first = chains.len().saturating_sub(LAST_WINDOW);
    let longest = ends.iter().map(|&(chain, end)| heads[chain] + end).fold(0, i64::max);
    Cycles(longest.max(stage.queued(&heads, &stage.ways(&ends, first), first)) as u64)
}

impl<'a> Stage<'a> {
    fn new(chains: &'a [Placement], (plan, bursts): (&[Planned], &[(usize, usize)]), latency: &Latencies) -> Self {
        let value = |need: &crate::why::Need| match need.cause {
            Cause::Value(before) => Some((before, need.earliest - chains[before].origin)),
            Cause::Weights(_) | Cause::Room(_) => None,
        };
        let before = chains.iter().map(|chain| chain.needs.iter().filter_map(value).collect()).collect();
        let mut names: BTreeMap<Queue, usize> = BTreeMap::new();
        let mut uses = vec![Vec::new(); chains.len()];
        for ((&(start, end), chain), uses) in bursts.iter().zip(chains).zip(&mut uses) {
            *uses = self::uses(&plan[start..end], chain.origin, &mut names);
        }
        let tiles = tiles(plan, &owners(plan, (chains, bursts)));
        let install = i64::from(latency.mxm_install);
        let mut stage = Stage { chains, before, uses, queues: names.len(), tiles, install };
        stage.sums(plan, bursts);
        stage
    }

    /// A sum is added to what the chain before it left in the same accumulators.
    fn sums(&mut self, plan: &[Planned], bursts: &[(usize, usize)]) {
        let mut left: BTreeMap<(Queue, u16, u16, u32), (usize, i64)> = BTreeMap::new();
        for (chain, (&(start, end), placed)) in bursts.iter().zip(self.chains).enumerate() {
            for planned in &plan[start..end] {
                let Instruction::Accumulate { slot, step, mode, .. } = planned.burst.instruction else { continue };
                let (key, offset) = ((planned.queue, slot, step, planned.burst.count), planned.cycle - placed.origin);
                match left.insert(key, (chain, offset)) {
                    Some((earlier, its)) if mode == AccumulateMode::Add && earlier < chain => {
                        self.before[chain].push((earlier, its + 1 - offset));
                    }
                    _ => {}
                }
            }
        }
    }

    /// The longest way from each chain, from `first` on, to what these lead to.
    fn ways(&self, last: &[(usize, i64)], first: usize) -> Vec<Option<i64>> {
        let mut ways = vec![None; self.chains.len().saturating_sub(first)];
        let longer = |ways: &mut Vec<Option<i64>>, chain: usize, way: i64| {
            if let Some(known) = chain.checked_sub(first).and_then(|place| ways.get_mut(place)) {
                *known = Some(known.map_or(way, |known: i64| known.max(way)));
            }
        };
        last.iter().for_each(|&(chain, way)| longer(&mut ways, chain, way));
        let highest = last.iter().map(|(chain, _)| *chain).max().unwrap_or(first);
        for chain in (first..=highest).rev().filter(|chain| *chain < self.chains.len()) {
            let Some(way) = ways[chain - first] else { continue };
            self.before[chain].iter().for_each(|&(before, distance)| longer(&mut ways, before, way + distance));
        }
        ways
    }

    /// When all that leads somewhere can have gone through the queues and planes that it shares.
    fn queued(&self, heads: &[i64], ways: &[Option<i64>], first: usize) -> i64 {
        let known = |chain: usize| chain.checked_sub(first).and_then(|place| ways.get(place).copied().flatten());
        let mut jobs: Vec<Vec<Job>> = vec![Vec::new(); self.queues];
        for (chain, head) in heads.iter().enumerate().skip(first) {
            let Some(way) = known(chain) else { continue };
            for it in &self.uses[chain] {
                let release = head + it.first;
                jobs[it.queue].push(Job { release, issues: it.issues, way: way - it.end });
            }
        }
        let mut turns: BTreeMap<usize, Vec<Turn>> = BTreeMap::new();
        for tile in &self.tiles {
            let user =
                tile.users.iter().find_map(|&(chain, at, activates)| Some((chain, at, activates, known(chain)?)));
            if let Some((chain, at, activates, way)) = user {
                let turn = Turn { release: heads[chain] + at, activates, issues: tile.issues, way: way - at };
                turns.entry(tile.plane).or_default().push(turn);
            }
        }
        let queues = jobs.into_iter().filter(|jobs| 1 < jobs.len()).map(one_after_the_other);
        let planes = turns.into_values().filter_map(|turns| in_turn(turns, self.install));
        queues.chain(planes).fold(0, i64::max)
    }
}

/// When the last of these jobs, done by one queue, has gone its way: no order of them is faster. Negative ways are allowed.
fn one_after_the_other(mut jobs: Vec<Job>) -> i64 {
    jobs.order_by_key(|job| job.release);
    let (mut waiting, mut now, mut latest) = (BinaryHeap::new(), i64::MIN, i64::MIN);
    let mut next = jobs.iter().peekable();
    loop {
        if waiting.is_empty() {
            let Some(job) = next.peek() else { return latest };
            now = now.max(job.release);
        }
        while let Some(job) = next.next_if(|job| job.release <= now) {
            waiting.push((job.way, job.issues));
        }
        let (way, left) = waiting.pop().expect("one was released");
        let done = next.peek().map_or(left, |job| left.min(job.release - now));
        now += done;
        if done < left {
            waiting.push((way, left - done));
        } else {
            latest = latest.max(now + way);
        }
    }
}

/// When the last of these tiles of one plane, in whatever order, has gone its way; nothing if array and buffer hold them all.
fn in_turn(mut turns: Vec<Turn>, install: i64) -> Option<i64> {
    // The farthest first: the first few of them are the sets whose nearest is far.
    turns.order_by_key(|turn| -turn.way);
    let mut latest = None;
    for Turn { release: from, .. } in &turns {
        let (mut issues, mut activates, mut most) = (0, i64::MAX, [0; HELD]);
        for (count, turn) in turns.iter().filter(|turn| *from <= turn.release).enumerate() {
            issues += turn.issues;
            activates = activates.min(turn.activates);
            let least = usize::from(most[1] < most[0]);
            most[least] = most[least].max(turn.issues);
            if HELD <= count {
                let installed = from + activates + issues - most.iter().sum::<i64>() - 1;
                latest = latest.max(Some(installed + install + turn.way));
            }
        }
    }
    latest
}

/// What a chain issues, by queue; ALUs are chosen among many and do not count.
fn uses(bursts: &[Planned], origin: i64, names: &mut BTreeMap<Queue, usize>) -> Vec<Use> {
    let mut uses: Vec<Use> = Vec::new();
    for planned in bursts.iter().filter(|planned| !matches!(planned.queue, Queue::Alu(_))) {
        let next = names.len();
        let queue = *names.entry(planned.queue).or_insert(next);
        let first = planned.cycle - origin;
        let (end, issues) = (first + planned.burst.length().0 as i64, i64::from(planned.burst.count));
        match uses.iter_mut().find(|it| it.queue == queue) {
            Some(it) => (it.first, it.end, it.issues) = (it.first.min(first), it.end.max(end), it.issues + issues),
            None => uses.push(Use { queue, first, end, issues }),
        }
    }
    uses
}

/// By burst of the plan: its chain, and its cycle after that one's origin.
fn owners(plan: &[Planned], (chains, bursts): (&[Placement], &[(usize, usize)])) -> Vec<Option<(usize, i64)>> {
    let mut owners = vec![None; plan.len()];
    for (chain, (&(start, end), placed)) in bursts.iter().zip(chains).enumerate() {
        for place in start..end {
            owners[place] = Some((chain, plan[place].cycle - placed.origin));
        }
    }
    owners
}

/// What is read for a Load: which group, how many, and the first of its feeders.
type Content = Vec<(Instruction, u32, Queue, Instruction)>;

/// Tiles of all planes that are loaded and installed once, with the chains that activate them.
fn tiles(plan: &[Planned], owners: &[Option<(usize, i64)>]) -> Vec<Tile> {
    let mut planes: BTreeMap<Queue, Vec<(i64, usize)>> = BTreeMap::new();
    for (place, planned) in plan.iter().enumerate() {
        let queue = match (planned.queue, planned.burst.instruction) {
            (Queue::MxmActivate(half, plane), _) => Queue::MxmWeights(half, plane),
            (queue @ Queue::MxmWeights(..), _) => queue,
            _ => continue,
        };
        planes.entry(queue).or_default().push((planned.cycle, place));
        if let (Queue::MxmActivate(half, plane), Instruction::Activate { format: MxmFormat::F16 { .. }, .. }) =
            (planned.queue, planned.burst.instruction)
        {
            planes.entry(Queue::MxmWeights(half, plane + 1)).or_default().push((planned.cycle, place));
        }
    }
    let mut tiles = Vec::new();
    for (plane, (_, mut places)) in planes.into_iter().enumerate() {
        places.order();
        tiles.extend(of_plane(plan, owners, (plane, &places)));
    }
    tiles
}

/// Tiles of one plane, of which these are the bursts in order.
fn of_plane(plan: &[Planned], owners: &[Option<(usize, i64)>], (plane, places): (usize, &[(i64, usize)])) -> Vec<Tile> {
    let empty = || (Content::new(), Tile { plane, issues: 0, users: Vec::new() });
    let (mut tiles, mut loading): (Vec<(Content, Tile)>, _) = (Vec::new(), empty());
    for &(_, place) in places {
        let planned = &plan[place];
        match planned.burst.instruction {
            load @ Instruction::Load { .. } => {
                let feeder = planned.sources.first().map(|&(source, _)| &plan[source]);
                loading.0.extend(feeder.map(|it| (load, planned.burst.count, it.queue, it.burst.instruction)));
                loading.1.issues += i64::from(planned.burst.count);
            }
            Instruction::Install => {
                loading.1.issues += 1;
                tiles.push(std::mem::replace(&mut loading, empty()));
            }
            _ => {
                let count = i64::from(planned.burst.count);
                if let (Some((_, tile)), Some((chain, at))) = (tiles.last_mut(), owners[place]) {
                    match tile.users.iter_mut().find(|user| user.0 == chain) {
                        Some(user) => (user.1, user.2) = (user.1.min(at), user.2 + count),
                        None => tile.users.push((chain, at, count)),
                    }
                }
            }
        }
    }
    let is_once = |content: &Content| tiles.iter().filter(|(other, _)| other == content).count() == 1;
    tiles.iter().filter(|(content, _)| is_once(content)).map(|(_, tile)| tile.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use units::Rng;

    /// All orders of `0 .. count`.
    fn orders(count: usize) -> Vec<Vec<usize>> {
        let Some(last) = count.checked_sub(1) else { return vec![Vec::new()] };
        let longer = |order: Vec<usize>| {
            (0..count).map(move |place| {
                let mut longer = order.clone();
                longer.insert(place, last);
                longer
            })
        };
        orders(last).into_iter().flat_map(longer).collect()
    }

    fn below(rng: &mut Rng, end: i64) -> i64 {
        (rng.unit() * end as f64) as i64
    }

    #[test]
    fn a_queue_is_through_no_later_than_in_any_order_and_when_its_hardest_set_is() {
        let mut rng = Rng::new(5);
        let mut tight = 0;
        for _ in 0..200 {
            let mut job =
                || Job { release: below(&mut rng, 20), issues: 1 + below(&mut rng, 6), way: below(&mut rng, 30) - 10 };
            let jobs: Vec<Job> = (0..5).map(|_| job()).collect();
            let set = |mask: u32| {
                let chosen = || jobs.iter().enumerate().filter(|(place, _)| mask >> place & 1 == 1).map(|(_, job)| job);
                let first = chosen().map(|job| job.release).min().expect("a set has a job");
                let way = chosen().map(|job| job.way).min().expect("a set has a job");
                first + chosen().map(|job| job.issues).sum::<i64>() + way
            };
            let hardest = (1..1 << jobs.len()).map(set).max().expect("there are sets");
            assert_eq!(one_after_the_other(jobs.clone()), hardest);
            let done = |order: Vec<usize>| {
                let step = |(now, latest): (i64, i64), job: &Job| {
                    let end = now.max(job.release) + job.issues;
                    (end, latest.max(end + job.way))
                };
                order.iter().map(|&place| &jobs[place]).fold((i64::MIN, i64::MIN), step).1
            };
            let best = orders(jobs.len()).into_iter().map(done).min().expect("there are orders");
            assert!(hardest <= best, "{jobs:?}");
            tight += u32::from(hardest == best);
        }
        assert!(100 < tight, "mostly some order reaches it: {tight} of 200");
    }

    /// Tiles of a plane in this order, each as early as it can be: the first two are there when the first is activated.
    fn activated(order: &[usize], turns: &[Turn], install: i64) -> i64 {
        let (mut installed, mut end, mut latest) = (i64::MIN / 2, i64::MIN / 2, i64::MIN);
        for (count, turn) in order.iter().map(|&place| &turns[place]).enumerate() {
            let loaded = if count < HELD { installed } else { installed + turn.issues };
            installed = loaded.max(end - 1);
            let first = turn.release.max(installed + install);
            end = first + turn.activates;
            latest = latest.max(first + turn.way);
        }
        latest
    }

    #[test]
    fn a_plane_is_through_no_later_than_with_its_tiles_in_any_order() {
        let (mut rng, install) = (Rng::new(6), 3);
        let mut tight = 0;
        for _ in 0..200 {
            let mut turn = || Turn {
                release: below(&mut rng, 30),
                activates: 1 + below(&mut rng, 4),
                issues: 2 + below(&mut rng, 20),
                way: below(&mut rng, 40) - 10,
            };
            let turns: Vec<Turn> = (0..5).map(|_| turn()).collect();
            let bound = in_turn(turns.clone(), install).expect("five tiles are more than two");
            let best = orders(turns.len()).iter().map(|order| activated(order, &turns, install)).min();
            let best = best.expect("there are orders");
            assert!(bound <= best, "{bound} of {best}: {turns:?}");
            tight += u32::from(bound + 8 >= best);
        }
        assert!(50 < tight, "often it is near: {tight} of 200");
        assert_eq!(in_turn(vec![Turn { release: 0, activates: 1, issues: 21, way: 0 }; 2], install), None);
    }
}
