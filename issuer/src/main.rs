//! The issuer's program; see [`issuer::cli`].

/// Activations allocate on one thread what they free on another; see ADR 0092.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    issuer::cli::run()
}
