//! The tasks of the story: a chat turn, thought, search, agents, debate, voice, translation.
//!
//! In: nothing.  Out: scenarios over the ids of their inputs.
//! Invariant: no number stands here; each is an input with its evidence.
//! Source: facts/gpu_and_economics.md section 5.

use super::{Branch, Scenario, Step};
use crate::Text;

/// All tasks, from the shortest to those of many parts.
pub fn scenarios() -> Vec<Scenario> {
    let task = |id: &str, name: Text, steps: Vec<Step>| Scenario { id: id.to_owned(), name, steps, deadline: None };
    let until = |deadline: &str, scenario: Scenario| Scenario { deadline: Some(deadline.to_owned()), ..scenario };
    vec![
        task("chat", Text::of("聊天一輪", "one turn of a chat"), vec![call("task.chat.out")]),
        task("chat_long", Text::of("聊天一輪，長回答", "a turn with a long answer"), vec![call("task.chat_long.out")]),
        task("thought", Text::of("長思維鏈", "a long chain of thought"), vec![call("task.thought.out")]),
        task(
            "search",
            Text::of("思維鏈加搜尋", "a chain of thought with search"),
            vec![calls("task.search.rounds", "task.search.out", "task.search.tool"), call("task.chat_long.out")],
        ),
        task(
            "tree",
            Text::of("思維樹（24 點遊戲）", "a tree of thoughts (Game of 24)"),
            vec![calls("task.tot.rounds", "task.tot.out / task.tot.rounds", "0")],
        ),
        task(
            "agent",
            Text::of("會用工具的 AI 代理", "an agent with tools"),
            vec![calls("task.react.calls", "task.react.out", "task.react.tool")],
        ),
        task(
            "coding",
            Text::of("寫程式的 AI 代理", "a coding agent"),
            vec![calls("task.coding.calls", "task.coding.out", "task.coding.tool")],
        ),
        task(
            "debate",
            Text::of("辯論，輪流發言", "a debate, one after the other"),
            vec![calls("task.debate.rounds * task.debate.agents", "task.debate.out", "0")],
        ),
        task(
            "debate_together",
            Text::of("辯論，同一輪同時發言", "a debate, all of a round at once"),
            vec![Step::Together(vec![Branch {
                copies: "task.debate.agents".to_owned(),
                steps: vec![calls("task.debate.rounds", "task.debate.out", "0")],
            }])],
        ),
        until("task.voice.budget", task("voice", Text::of("語音對話一輪", "one turn by voice"), voice())),
        until(
            "task.translate.budget",
            task(
                "translation",
                Text::of("即時口譯：重譯一句", "live translation: one sentence anew"),
                vec![call("task.translate.out")],
            ),
        ),
    ]
}

fn voice() -> Vec<Step> {
    let wait = |seconds: &str| Step::Wait { seconds: seconds.to_owned() };
    vec![wait("task.voice.network"), wait("task.voice.hear"), call("task.voice.out"), wait("task.voice.speak")]
}

fn call(out: &str) -> Step {
    calls("1", out, "0")
}

fn calls(times: &str, out: &str, tool: &str) -> Step {
    Step::Calls { times: times.to_owned(), out: out.to_owned(), tool: tool.to_owned() }
}
