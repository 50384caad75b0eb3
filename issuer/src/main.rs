//! The issuer's program; see [`issuer::cli`].

fn main() -> std::process::ExitCode {
    issuer::cli::run()
}
