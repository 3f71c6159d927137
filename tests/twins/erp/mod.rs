//! The ERP's twin: what it takes, what it refuses, and what its ledger says.

mod hostile;
mod rig;
mod webhooks;

two_worlds! { 9:
    webhooks::what_is_signed_is_booked_once_and_listed,
    webhooks::a_reader_asks_for_what_is_his,
    webhooks::what_is_not_signed_or_signed_long_ago_is_refused,
    webhooks::an_earlier_state_is_refused_where_order_is_kept,
    webhooks::too_many_are_told_when_to_come_again,
}
