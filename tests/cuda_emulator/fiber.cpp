#include "tests/cuda_emulator/fiber.h"

#include "tests/cuda_emulator/block_runner.h"

#if !defined(__x86_64__)
#error "the switch between threads of a block is written for x86-64"
#endif

extern "C" [[gnu::used]] void emulator_fiber(emulator::Fiber* fiber);
extern "C" void emulator_fiber_start();

// emulator_switch keeps the six registers that a call must not change on the stack that it leaves. A new fiber's stack
// looks as if it had been left so, with the fiber in r12 and emulator_fiber_start as the place to return to.
asm(R"(
.text
.type emulator_switch, @function
.globl emulator_switch
emulator_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
.size emulator_switch, . - emulator_switch
.type emulator_fiber_start, @function
.globl emulator_fiber_start
emulator_fiber_start:
    movq %r12, %rdi
    call emulator_fiber
    ud2
.size emulator_fiber_start, . - emulator_fiber_start
)");

void emulator_fiber(emulator::Fiber* fiber) {
    fiber->runner->run_kernel(*fiber);
    fiber->runner->end(*fiber);
}

namespace emulator {

void prepare_start(Fiber& fiber) {
    constexpr int saved_registers = 6;
    constexpr int r12 = 4;  // pushed as the fourth last
    auto* const top = reinterpret_cast<void**>(fiber.thread.local_last);
    top[-1] = reinterpret_cast<void*>(&emulator_fiber_start);
    top[-r12] = &fiber;
    fiber.stack_pointer = top - 1 - saved_registers;
}

}  // namespace emulator
