//! A profile names the function that used the CPU, and the one that holds memory.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::{builder, get, pprof, profiling, turn};

/// Keeps a thread busy until it is told to stop.
#[inline(never)]
fn the_busiest_of_all(stop: &AtomicBool) -> u64 {
    let mut number = 1_u64;
    while !stop.load(Ordering::Relaxed) {
        number = black_box(number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
    }
    number
}

/// Allocates without end, so that samples find the thread within the allocator.
#[inline(never)]
fn the_one_that_allocates(stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        for size in 1..200_usize {
            black_box(vec![0_u8; size * 7]);
        }
    }
}

#[inline(never)]
fn the_one_that_holds_memory() -> Vec<Vec<u8>> {
    (0..64).map(|_| black_box(vec![7_u8; 1 << 20])).collect()
}

/// What a function and those it calls come to in a `-top` listing, in this unit: `%` of all, or as it is.
fn cumulated(top: &str, function: &str, unit: &str) -> Option<f64> {
    let line = top.lines().find(|line| line.contains(function))?;
    let column = if unit == "%" { 4 } else { 3 };
    line.split_whitespace().nth(column)?.strip_suffix(unit)?.parse().ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cpu() {
    let _turn = turn().await;
    let telemetry = builder().profiling(profiling()).build().unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let busy = std::thread::Builder::new().name("busy".to_owned());
    let busy = busy
        .spawn({
            let stop = Arc::clone(&stop);
            move || the_busiest_of_all(&stop)
        })
        .unwrap();
    let allocating = std::thread::spawn({
        let stop = Arc::clone(&stop);
        move || the_one_that_allocates(&stop)
    });

    let (status, profile) = get(&telemetry, "/debug/pprof/profile?seconds=2").await;
    stop.store(true, Ordering::Relaxed);
    busy.join().unwrap();
    allocating.join().unwrap();
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&profile));

    let top = pprof(&["-top", "-sample_index=cpu"], &profile);
    assert!(cumulated(&top, "the_busiest_of_all", "%").unwrap() > 20.0, "{top}");
    assert!(cumulated(&top, "the_one_that_allocates", "%").unwrap() > 10.0, "{top}");
    let raw = pprof(&["-raw"], &profile);
    assert!(raw.contains("samples/count cpu/nanoseconds"), "{raw}");
    assert!(raw.contains("thread:[busy]"), "{raw}");
    assert!(raw.contains("a_profile_says_who_used_what.rs:"), "lines are told: {raw}");
    telemetry.shutdown(telecine_parts::DEADLINE).await.unwrap();
}

#[tokio::test]
async fn heap() {
    let telemetry = builder().profiling(profiling()).build().unwrap();
    let held = the_one_that_holds_memory();
    let (status, profile) = get(&telemetry, "/debug/pprof/heap").await;
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&profile));
    let top = pprof(&["-top", "-cum", "-nodecount=1000", "-unit=mb"], &profile);
    let megabytes = cumulated(&top, "the_one_that_holds_memory", "MB");
    assert!(megabytes.is_some_and(|megabytes| (60.0..70.0).contains(&megabytes)), "{top}");
    drop(held);
    telemetry.shutdown(telecine_parts::DEADLINE).await.unwrap();
}
