//! The twin of a service that inspects texts.

mod inspecting;

two_worlds! { 3:
    inspecting::what_may_not_leave_is_named,
    inspecting::anything_else_is_no_question,
}
