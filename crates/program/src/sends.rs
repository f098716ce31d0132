//! Every vector that a program sends.
//!
//! In: an executable.  Out: its Sends with port and cycle, in order of cycles.
//! Invariant: cycles follow from the queues alone.
//! Method: the Sends of each template once; instances stamp them, each chip with the template that it runs there.

use crate::{Executable, TemplateId};
use arch::{LinkId, Port, Queue, Topology};
use units::{Cycle, Order};

/// A vector that leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Where.
    pub port: Port,
    /// Cycle of the program.
    pub cycle: Cycle,
    /// Place in `Executable::instances`.
    pub instance: usize,
    /// Template that the chip runs there.
    pub template: TemplateId,
    /// Place of its queue in the template, and of the entry in the queue.
    pub place: (u32, u32),
}

/// All Sends; those of one cycle by chip and link. Nothing where there is no such topology.
pub fn sends(executable: &Executable) -> Vec<Sent> {
    let Ok(topology) = Topology::named(&executable.topology) else { return Vec::new() };
    let of_template: Vec<Vec<Send>> = executable.templates.iter().map(|(id, _)| of(executable, id)).collect();
    let mut all = Vec::new();
    let mut start = 0;
    for (number, instance) in executable.instances.iter().enumerate() {
        let Some(length) = executable.templates.get(instance.template).map(|template| template.length().0) else {
            continue;
        };
        for chip in 0..topology.chips {
            let Some(template) = executable.template_on(chip, number) else { continue };
            let sent = |&Send { link, cycle, place }: &Send| Sent {
                port: Port { chip, link },
                cycle: Cycle(start + cycle),
                instance: number,
                template,
                place,
            };
            all.extend(of_template.get(template.index()).into_iter().flatten().map(sent));
        }
        start += length;
    }
    all.order_by_key(|sent| (sent.cycle, sent.port));
    all
}

/// A Send of a template.
struct Send {
    link: LinkId,
    cycle: u64,
    place: (u32, u32),
}

fn of(executable: &Executable, id: TemplateId) -> Vec<Send> {
    let template = &executable.templates[id];
    let mut sends = Vec::new();
    for (queue, entry, start, burst) in template.bursts() {
        let Queue::LinkSend(link) = template.queues[queue].0 else { continue };
        if !matches!(burst.instruction, crate::Instruction::Send { .. }) {
            continue;
        }
        let cycles = (0..burst.count).map(|turn| start + u64::from(turn) * u64::from(burst.interval));
        sends.extend(cycles.map(|cycle| Send { link, cycle, place: (queue as u32, entry as u32) }));
    }
    sends
}
