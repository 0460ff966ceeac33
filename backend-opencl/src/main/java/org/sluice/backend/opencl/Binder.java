package org.sluice.backend.opencl;

import static org.jocl.CL.clReleaseKernel;

import org.jocl.cl_kernel;
import org.sluice.backend.support.kernels.Arguments;
import org.sluice.backend.support.kernels.Call;

/** Turns calls into commands: kernels whose arguments are set, once. */
final class Binder {
    private final KernelLibrary kernels;
    private final Arguments<DeviceBuffer> arguments;
    private final DeviceBuffer nothing;

    /** @param nothing stands for slabs that are not there yet */
    Binder(KernelLibrary kernels, Arguments<DeviceBuffer> arguments, DeviceBuffer nothing) {
        this.kernels = kernels;
        this.arguments = arguments;
        this.nothing = nothing;
    }

    /** Compiles the kernel where need be, uploads the weights. */
    Command command(Call call) {
        cl_kernel kernel = kernels.kernel(call.build(), call.name());
        Command command = new Command(call, kernel, kernels.group());
        try {
            KernelArguments args = new KernelArguments(kernel, nothing);
            arguments.hand(call, args);
            command.slabsFrom(args.firstSlab());
            return command;
        } catch (RuntimeException | Error e) {
            command.close();
            throw e;
        }
    }

    /** The command that runs a list of calls. */
    Chain chain(ChainCode code, DeviceBuffer list) {
        cl_kernel kernel = kernels.kernel(code.build(), "chain");
        try {
            KernelArguments args = new KernelArguments(kernel, nothing);
            code.roots(ChainCode.ROOTS, nothing).forEach(args::root);
            args.slabs();
            args.buffer(list);
            args.number(code.count());
            args.step(arguments.step());
            return new Chain(kernel, args.firstSlab());
        } catch (RuntimeException | Error e) {
            clReleaseKernel(kernel);
            throw e;
        }
    }
}
