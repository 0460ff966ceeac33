/* Changing between stacks: in a few instructions where they are written down, through ucontext elsewhere. */
#ifndef SLUICE_EMULATOR_SWITCH_H
#define SLUICE_EMULATOR_SWITCH_H

#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__)

/* System V: the callee keeps rbx, rbp and r12 to r15; nobody changes the rounding mode here. */
asm(R"(
    .text
    .p2align 4
    .globl sluice_switch
    .hidden sluice_switch
    .type sluice_switch, @function
sluice_switch:
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
    .size sluice_switch, . - sluice_switch
)");
extern "C" void sluice_switch(void **from, void *to);

namespace sluice {

struct Context {
    void *top;
};

inline void start(Context &context, void *stack, size_t bytes, void (*entry)()) {
    /* as if entry had been called: the stack is 8 off a multiple of 16 when its first instruction runs */
    auto *top = (uint64_t *)((uintptr_t)stack + bytes) - 2;
    *--top = 0; /* where entry never returns to */
    *--top = (uint64_t)entry;
    for (int i = 0; i < 6; i++) {
        *--top = 0;
    }
    context.top = top;
}

inline void change(Context &from, Context &to) {
    sluice_switch(&from.top, to.top);
}

} // namespace sluice

#else

#include <ucontext.h>

namespace sluice {

struct Context {
    ucontext_t state;
};

inline void start(Context &context, void *stack, size_t bytes, void (*entry)()) {
    getcontext(&context.state);
    context.state.uc_stack.ss_sp = stack;
    context.state.uc_stack.ss_size = bytes;
    context.state.uc_link = nullptr;
    makecontext(&context.state, entry, 0);
}

inline void change(Context &from, Context &to) {
    swapcontext(&from.state, &to.state);
}

} // namespace sluice

#endif

#endif
