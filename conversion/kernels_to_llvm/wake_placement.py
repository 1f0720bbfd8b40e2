"""Where a helper of the thread pool wakes: on another processor than its caller, as LLVM IR.

A system may wake a helper on the processor of the thread that wakes it, where it waits until that
thread has done all the work alone. Linux does so in virtual machines in particular: a processor
that has nothing to do is then one that the host has taken away, and counts as taken
(`available_idle_cpu` and `wake_affine` in `kernel/sched/fair.c`). With regions of less than a few
milliseconds, shorter than what balances the processors again, a second thread then gains nothing.

So a sleeping helper may not run on the processor of whoever wakes it. Its mask of processors is
kept from one waking to the next: as long as the caller stays where it was, this costs the look at
a number. Per helper there are three masks (`PoolField.FIRST_HELPER`, `MASK_BYTES` each):

- `home`: the processors it may run on, as far as others have said;
- `last`: what was set here;
- `now`: what the system has. If that is not `last`, somebody else has set it, and it is the new
  `home`.

A processor that the caller left is given back only if the caller may still run there, so that a
`taskset` of the whole process holds for the helpers. Where nothing remains without the processor of
the caller, nothing is changed.
"""

from __future__ import annotations

from string import Template

from ...runtime.abi import MASK_BYTES, PoolField

PLACE = "stepwell_pool_place"
"""`void (ptr pool, ptr helper)`: to be called by who is about to wake the helper."""

_CODE = Template("""
define private void @$PLACE(ptr %pool, ptr %helper) noinline nounwind {
entry:
  %processor_field = getelementptr i8, ptr %pool, i64 $PROCESSOR
  %processor_of = load ptr, ptr %processor_field, align 8
  %cannot = icmp eq ptr %processor_of, null
  br i1 %cannot, label %exit, label %look
look:
  %processor = call i32 %processor_of()
  %kept_from = add i32 %processor, 1
  %away_field = getelementptr i8, ptr %helper, i64 20
  %away = load i32, ptr %away_field, align 4
  %same = icmp eq i32 %away, %kept_from
  %beyond = icmp uge i32 %processor, $PROCESSORS
  %nothing = or i1 %same, %beyond
  br i1 %nothing, label %exit, label %ask
ask:
  store i32 %kept_from, ptr %away_field, align 4
  %thread_field = getelementptr i8, ptr %helper, i64 16
  %thread = load i32, ptr %thread_field, align 4
  %masks_field = getelementptr i8, ptr %helper, i64 24
  %home = load ptr, ptr %masks_field, align 8
  %last = getelementptr i8, ptr %home, i64 $MASK_BYTES
  %now = getelementptr i8, ptr %last, i64 $MASK_BYTES
  %get_field = getelementptr i8, ptr %pool, i64 $GET_MASK
  %get = load ptr, ptr %get_field, align 8
  %failed = call i32 %get(i32 %thread, i64 $MASK_BYTES, ptr %now)
  %unknown = icmp ne i32 %failed, 0
  br i1 %unknown, label %exit, label %compare
compare:
  %now_mask = load <$WORDS x i64>, ptr %now, align 8
  %last_mask = load <$WORDS x i64>, ptr %last, align 8
  %differing = icmp ne <$WORDS x i64> %now_mask, %last_mask
  %differing_bits = bitcast <$WORDS x i1> %differing to i$WORDS
  %by_others = icmp ne i$WORDS %differing_bits, 0
  br i1 %by_others, label %move, label %without
move:
  store <$WORDS x i64> %now_mask, ptr %home, align 8
  br label %without
without:
  %failed_again = call i32 %get(i32 0, i64 $MASK_BYTES, ptr %now)
  %caller_unknown = icmp ne i32 %failed_again, 0
  br i1 %caller_unknown, label %exit, label %join
join:
  %callers_mask = load <$WORDS x i64>, ptr %now, align 8
  %home_mask = load <$WORDS x i64>, ptr %home, align 8
  %given_back = and <$WORDS x i64> %home_mask, %callers_mask
  %with = or <$WORDS x i64> %now_mask, %given_back
  store <$WORDS x i64> %with, ptr %now, align 8
  %word = lshr i32 %processor, 6
  %word_field = getelementptr i64, ptr %now, i32 %word
  %bits = load i64, ptr %word_field, align 8
  %place = and i32 %processor, 63
  %place_64 = zext i32 %place to i64
  %bit = shl i64 1, %place_64
  %others = xor i64 %bit, -1
  %fewer = and i64 %bits, %others
  store i64 %fewer, ptr %word_field, align 8
  %wanted = load <$WORDS x i64>, ptr %now, align 8
  %some = icmp ne <$WORDS x i64> %wanted, zeroinitializer
  %some_bits = bitcast <$WORDS x i1> %some to i$WORDS
  %any = icmp ne i$WORDS %some_bits, 0
  br i1 %any, label %set, label %exit
set:
  store <$WORDS x i64> %wanted, ptr %last, align 8
  %set_field = getelementptr i8, ptr %pool, i64 $SET_MASK
  %set_mask = load ptr, ptr %set_field, align 8
  %ignored = call i32 %set_mask(i32 %thread, i64 $MASK_BYTES, ptr %last)
  br label %exit
exit:
  ret void
}
""")


def placement_ir() -> str:
    """The function `PLACE`."""
    return _CODE.substitute(
        {field.name: field.value for field in PoolField},
        PLACE=PLACE,
        MASK_BYTES=MASK_BYTES,
        WORDS=MASK_BYTES // 8,
        PROCESSORS=8 * MASK_BYTES,
    )
