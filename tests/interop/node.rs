//! The programs in `client`, which are made of TypeScript libraries that know nothing of this project.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tests::outside::require;

/// The libraries, once their own program says that they are there.
#[derive(Clone)]
pub(crate) struct Node(PathBuf);

impl Node {
    pub(crate) fn installed() -> Option<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop/client");
        require("Node with @openid4vc/openid4vci (npm ci in tests/interop/client)", || {
            let output = Command::new("node").arg(folder.join("client.mjs")).arg("--versions").output();
            let output = output.map_err(|error| format!("`node` cannot be started: {error}"))?;
            let said = String::from_utf8_lossy(&output.stderr);
            let fault = said.lines().find(|line| line.contains("Error")).unwrap_or("it says nothing");
            output.status.success().then_some(Self(folder)).ok_or_else(|| fault.to_owned())
        })
    }

    /// How `program` is started.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut node = Command::new("node");
        node.arg(self.0.join(program)).stdin(Stdio::piped()).stdout(Stdio::piped());
        node
    }

    /// Gives `task` to `program`; what it says, line by line.
    pub(crate) async fn run(&self, program: &str, task: Value) -> Vec<Value> {
        let output = self.output(program, task).await;
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "the library gave up: {said}");
        let lines = String::from_utf8(output.stdout).unwrap();
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Gives `task` to `program`, which must give up; why it did.
    pub(crate) async fn fault(&self, program: &str, task: Value) -> String {
        let output = self.output(program, task).await;
        assert!(!output.status.success(), "the library did not give up");
        String::from_utf8(output.stderr).unwrap()
    }

    async fn output(&self, program: &str, task: Value) -> Output {
        let mut command = self.command(program);
        let work = move || {
            let mut node = command.stderr(Stdio::piped()).spawn().unwrap();
            node.stdin.take().unwrap().write_all(task.to_string().as_bytes()).unwrap();
            node.wait_with_output().unwrap()
        };
        tokio::task::spawn_blocking(work).await.unwrap()
    }
}
