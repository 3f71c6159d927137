//! The twin of a gateway: what its audit trail tells, and whatever is sent to it.

mod hostile;
mod rig;
mod trail;

two_worlds! { 3:
    trail::a_trail_is_read_by_the_page,
    trail::nobody_but_an_auditor_reads_it,
    trail::each_act_is_told_with_how_it_ended,
    trail::a_message_to_very_many_makes_no_endless_entry,
    hostile::what_is_no_message_is_refused_and_goes_nowhere,
    hostile::a_head_is_bounded,
    hostile::a_body_is_bounded,
}

/// In virtual time alone: a minute has to pass.
#[test]
fn a_body_that_does_not_come_is_not_waited_for() {
    let seed = firedrill::draw::Seed(3);
    firedrill::world::enter_virtual(seed, hostile::a_body_that_does_not_come_is_not_waited_for).expect("a world");
}
