/* A kernel compiled for the host, and how its arguments are unpacked from the array that a launch passes. */
#ifndef SLUICE_EMULATOR_KERNEL_H
#define SLUICE_EMULATOR_KERNEL_H

#include <stddef.h>

#include <utility>

namespace sluice {

struct Kernel {
    const char *name;
    void (*run)(void **arguments);
    const size_t *sizes; /* bytes of each argument */
    size_t count;
};

struct Image {
    const char *name;
    const Kernel *kernels;
    size_t count;
};

/* All images of this build, ended by one without a name. */
extern const Image images[];

template <auto function>
struct Unpacked;

template <class... A, void (*function)(A...)>
struct Unpacked<function> {
    static constexpr size_t sizes[] = {sizeof(A)...};

    static void run(void **arguments) {
        call(arguments, std::index_sequence_for<A...>());
    }

    static constexpr Kernel named(const char *name) {
        return {name, run, sizes, sizeof...(A)};
    }

private:
    template <size_t... i>
    static void call(void **arguments, std::index_sequence<i...>) {
        function(*(A *)arguments[i]...);
    }
};

} // namespace sluice

#endif
