//! Doors for programs that are not ours: each fault of byte streams measured through one, in both worlds, against a bound that is derived
//! beside it.
//!
//! In memory nothing takes time but what is made to, so bounds are exact to the microsecond. On sockets nothing comes early, and the
//! [slack](rig::Rig::slack) is what a busy machine may add.

#[path = "../common/buffers.rs"]
mod buffers;

#[macro_use]
#[path = "../common/two_worlds.rs"]
mod two_worlds;

#[cfg(target_os = "linux")]
#[path = "../common/without_privilege.rs"]
mod without_privilege;

mod bounds;
mod bytes;
mod carry;
mod ends;
mod handshakes;
mod pace;
mod rig;
mod stalls;
mod switching;
mod timing;
mod transfer;

two_worlds! { 7:
    carry::bytes_pass_unchanged_both_ways,
    carry::a_half_closed_connection_stays_half_open,
    carry::a_reset_is_passed_on,
    carry::traffic_is_counted_while_it_moves,
    carry::an_upstream_that_is_gone_is_a_reset,
    stalls::what_is_due_waits_behind_what_a_stalled_peer_has_not_taken,
    stalls::what_was_said_before_a_reset_arrives,
    timing::a_constant_delay,
    timing::delays_of_two_faults_add,
    timing::one_way_only,
    timing::jitter_stays_within_its_bounds_and_in_order,
    timing::losses_stall_and_keep_the_order,
    timing::what_becomes_due_while_a_lane_looks_goes,
    timing::a_ramp_grows,
    timing::a_burst_comes_and_goes,
    pace::a_bandwidth_for_each,
    pace::a_bandwidth_for_all,
    pace::a_rate_that_is_raised_is_felt_at_once,
    pace::slices_with_pauses,
    pace::a_delay_and_a_bandwidth,
    pace::slices_do_not_slow_a_bandwidth,
    pace::a_bandwidth_is_exact_whatever_else_is_switched,
    pace::what_is_late_takes_nothing_of_a_shared_bandwidth_before_it_is_due,
    ends::a_limit_passes_exactly_so_many_bytes,
    ends::a_timeout_swallows_and_closes,
    ends::a_timeout_without_an_end_closes_when_lifted,
    ends::a_timeout_counts_anew_when_it_is_changed,
    ends::a_timeout_that_becomes_another_fault_closes,
    ends::the_first_connection_alone_times_out,
    ends::a_reset_after_the_first_data,
    ends::a_slow_close_delays_the_end_alone,
    bytes::one_bit_of_a_unit_is_flipped,
    bytes::the_first_few_and_every_third,
    bytes::a_share_of_connections,
    handshakes::refused_until_lifted,
    handshakes::swallowed_until_lifted,
    handshakes::a_share_is_accepted_and_reset,
    switching::a_lift_lets_go_at_once,
    switching::a_partition_holds_and_heals,
    switching::whatever_is_read_after_arming_bears_the_fault,
    transfer::two_hundred_switches_lose_no_byte,
    switching::a_fault_tells_when_it_bit,
    switching::a_fault_outlives_any_number_of_others,
    switching::a_closed_door_closes_its_connections,
}

#[cfg(target_os = "linux")]
#[test]
fn a_blackhole_without_privilege_is_refused_with_the_reason() {
    let name = "a_blackhole_without_privilege_is_refused_with_the_reason";
    without_privilege::without_privilege(name, handshakes::a_blackhole_is_refused_with_the_reason);
}
