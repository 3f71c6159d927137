/// Expands each case, an async function of a world, into one test a world, with this seed.
macro_rules! two_worlds {
    ($seed:literal: $($module:ident::$case:ident),* $(,)?) => {$(
        mod $case {
            use firedrill::draw::Seed;
            use firedrill::world::{enter_sockets, enter_virtual};

            #[test]
            fn in_memory() {
                enter_virtual(Seed($seed), super::$module::$case).expect("a virtual world");
            }
            #[test]
            fn on_sockets() {
                enter_sockets(Seed($seed), super::$module::$case).expect("a sockets world");
            }
        }
    )*};
}
