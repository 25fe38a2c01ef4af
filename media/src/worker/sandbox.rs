//! What the child gives up before it reads a byte of an upload. Layers that do not depend on each
//! other: resource limits; no new privileges, death with the parent; name spaces of its own (best
//! effort); Landlock file rules; a filter of system calls. Must run before any thread is started.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd,
    Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetStatus, Scope,
};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule,
};

use super::{LandlockState, SandboxReport};

/// Address space, in bytes: the biggest allowed picture in a threaded decoder and five encoders.
const MAX_ADDRESS_SPACE: u64 = 6 << 30;
/// The biggest file that may be written, in bytes: a segment is a hundredth of it.
const MAX_FILE: u64 = 256 << 20;
/// Open files.
const MAX_FILES: u64 = 64;
/// Niceness: requests of people go first.
const NICENESS: i32 = 10;
/// The kernel's choice when memory runs out: the child before the server.
const OOM_SCORE: &str = "800";

/// Closes the sandbox around this process: it may read `input`, write below `output`, and compute
/// for `cpu_s` seconds.
pub(super) fn enter(input: &Path, output: &Path, cpu_s: u64) -> SandboxReport {
    // Best effort: without it the kernel may choose the server instead.
    let _ = std::fs::write("/proc/self/oom_score_adj", OOM_SCORE);
    lower_priority();
    let rlimits = limit_resources(cpu_s);
    give_up_privileges();
    let netns = leave_name_spaces();
    let landlock = restrict_files(input, output).unwrap_or(LandlockState::None);
    let seccomp = filter_calls().is_ok();
    SandboxReport { landlock, seccomp, netns, rlimits }
}

#[expect(unsafe_code, reason = "three calls of the kernel that take numbers only")]
fn lower_priority() {
    // ioprio_set(IOPRIO_WHO_PROCESS, self, IOPRIO_CLASS_IDLE): libc has no name for it.
    const IDLE: libc::c_int = 3 << 13;
    unsafe {
        libc::nice(NICENESS);
        libc::syscall(libc::SYS_ioprio_set, 1, 0, IDLE);
    }
}

#[expect(unsafe_code, reason = "setrlimit reads one struct that lives through the call")]
fn limit_resources(cpu_s: u64) -> bool {
    let limits = [
        (libc::RLIMIT_AS, MAX_ADDRESS_SPACE),
        (libc::RLIMIT_CPU, cpu_s),
        (libc::RLIMIT_FSIZE, MAX_FILE),
        (libc::RLIMIT_NOFILE, MAX_FILES),
        (libc::RLIMIT_CORE, 0),
    ];
    limits.into_iter().all(|(which, most)| {
        // The softer one of computing time ends it with a signal of its own, the harder one by force.
        let hard = if which == libc::RLIMIT_CPU { most.saturating_add(5) } else { most };
        let limit = libc::rlimit { rlim_cur: most, rlim_max: hard };
        unsafe { libc::setrlimit(which, &raw const limit) == 0 }
    })
}

#[expect(unsafe_code, reason = "prctl with plain numbers")]
fn give_up_privileges() {
    unsafe {
        libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0);
    }
}

/// Ends this process when the thread that started it ends. Called first of all, and then the
/// parent is looked at again: it may have died in between.
#[expect(unsafe_code, reason = "prctl and getppid take and give plain numbers")]
pub(super) fn die_with_parent() -> io::Result<()> {
    unsafe {
        let before = libc::getppid();
        if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL, 0, 0, 0) != 0 {
            return Err(io::Error::last_os_error());
        }
        if libc::getppid() != before {
            return Err(io::Error::other("the parent has gone"));
        }
    }
    Ok(())
}

/// A user, network and IPC name space with nothing in it. Containers often refuse.
#[expect(unsafe_code, reason = "unshare takes flags; the process has one thread")]
fn leave_name_spaces() -> bool {
    let flags = libc::CLONE_NEWUSER | libc::CLONE_NEWNET | libc::CLONE_NEWIPC;
    unsafe { libc::unshare(flags) == 0 }
}

fn restrict_files(input: &Path, output: &Path) -> Result<LandlockState, landlock::RulesetError> {
    let newest = ABI::V6;
    let write = AccessFs::ReadFile
        | AccessFs::WriteFile
        | AccessFs::ReadDir
        | AccessFs::MakeReg
        | AccessFs::RemoveFile
        | AccessFs::Truncate;
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(newest))?
        .handle_access(AccessNet::from_all(newest))?
        .scope(Scope::from_all(newest))?
        .create()?;
    let read: BitFlags<AccessFs> = AccessFs::ReadFile.into();
    for (path, access) in [(input, read), (output, write)] {
        // A path that is not there gets no rule; opening it fails later, with a code of its own.
        if let Ok(handle) = PathFd::new(path) {
            rules = rules.add_rule(PathBeneath::new(handle, access))?;
        }
    }
    Ok(match rules.restrict_self()?.ruleset {
        RulesetStatus::FullyEnforced => LandlockState::Full,
        RulesetStatus::PartiallyEnforced => LandlockState::Partial,
        RulesetStatus::NotEnforced => LandlockState::None,
    })
}

/// System calls that a transcoder has no use for, and an intruder would.
fn denied_calls() -> Vec<i64> {
    let mut calls = vec![
        libc::SYS_socket,
        libc::SYS_connect,
        libc::SYS_bind,
        libc::SYS_listen,
        libc::SYS_accept,
        libc::SYS_accept4,
        libc::SYS_execve,
        libc::SYS_execveat,
        libc::SYS_ptrace,
        libc::SYS_process_vm_readv,
        libc::SYS_process_vm_writev,
        libc::SYS_mount,
        libc::SYS_umount2,
        libc::SYS_pivot_root,
        libc::SYS_chroot,
        libc::SYS_unshare,
        libc::SYS_setns,
        libc::SYS_bpf,
        libc::SYS_perf_event_open,
        libc::SYS_userfaultfd,
        libc::SYS_io_uring_setup,
        libc::SYS_io_uring_enter,
        libc::SYS_io_uring_register,
        libc::SYS_keyctl,
        libc::SYS_add_key,
        libc::SYS_request_key,
        libc::SYS_kexec_load,
        libc::SYS_init_module,
        libc::SYS_finit_module,
        libc::SYS_delete_module,
        libc::SYS_open_by_handle_at,
        libc::SYS_name_to_handle_at,
        libc::SYS_truncate,
        libc::SYS_fchmodat,
        libc::SYS_fchmod,
        libc::SYS_fchownat,
        libc::SYS_fchown,
        libc::SYS_setuid,
        libc::SYS_setgid,
        libc::SYS_setreuid,
        libc::SYS_setregid,
        libc::SYS_setresuid,
        libc::SYS_setresgid,
        libc::SYS_personality,
        libc::SYS_swapon,
        libc::SYS_reboot,
        libc::SYS_acct,
        libc::SYS_quotactl,
        libc::SYS_kill,
        libc::SYS_tkill,
        libc::SYS_pidfd_open,
        libc::SYS_pidfd_getfd,
        libc::SYS_pidfd_send_signal,
    ];
    #[cfg(target_arch = "x86_64")]
    calls.extend([
        libc::SYS_fork,
        libc::SYS_vfork,
        libc::SYS_chmod,
        libc::SYS_chown,
        libc::SYS_lchown,
        libc::SYS_setrlimit,
        libc::SYS_symlink,
        libc::SYS_link,
    ]);
    calls.extend([libc::SYS_symlinkat, libc::SYS_linkat]);
    calls
}

fn filter_calls() -> Result<(), Box<dyn std::error::Error>> {
    let arch = std::env::consts::ARCH.try_into()?;
    let when = |arg: u8, how: SeccompCmpOp, value: u64| {
        SeccompCondition::new(arg, SeccompCmpArgLen::Qword, how, value)
            .and_then(|condition| SeccompRule::new(vec![condition]))
    };
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        denied_calls().into_iter().map(|call| (call, Vec::new())).collect();
    // Threads are needed, processes are not.
    let thread = u64::try_from(libc::CLONE_THREAD)?;
    rules.insert(libc::SYS_clone, vec![when(0, SeccompCmpOp::MaskedEq(thread), 0)?]);
    // A pair of sockets inside of the process harms nobody.
    let unix = u64::try_from(libc::AF_UNIX)?;
    rules.insert(libc::SYS_socketpair, vec![when(0, SeccompCmpOp::Ne, unix)?]);
    // Datagrams with an address; without one there is no socket to write to.
    rules.insert(libc::SYS_sendto, vec![when(4, SeccompCmpOp::Ne, 0)?]);
    // Reading limits is fine, setting them is not.
    rules.insert(libc::SYS_prlimit64, vec![when(2, SeccompCmpOp::Ne, 0)?]);
    let refuse = |errno: i32| SeccompAction::Errno(errno.unsigned_abs());
    let deny = SeccompFilter::new(rules, SeccompAction::Allow, refuse(libc::EPERM), arch)?;
    // The filter cannot look into clone3's struct: "not there" makes the C library use clone.
    let clone3 = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    let no_clone3 = SeccompFilter::new(clone3, SeccompAction::Allow, refuse(libc::ENOSYS), arch)?;
    for filter in [no_clone3, deny] {
        let program: BpfProgram = filter.try_into()?;
        seccompiler::apply_filter_all_threads(&program)?;
    }
    Ok(())
}
