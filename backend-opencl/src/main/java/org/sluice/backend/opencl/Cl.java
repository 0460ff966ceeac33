package org.sluice.backend.opencl;

import static org.jocl.CL.CL_SUCCESS;
import static org.jocl.CL.clGetDeviceInfo;
import static org.jocl.CL.clGetPlatformInfo;
import static org.jocl.CL.stringFor_errorCode;

import java.nio.charset.StandardCharsets;
import org.jocl.CL;
import org.jocl.Pointer;
import org.jocl.cl_device_id;
import org.jocl.cl_platform_id;
import org.sluice.error.BackendException;

/** What every call needs: statuses become exceptions, queries become values. */
final class Cl {
    static {
        // statuses are looked at here, where it is known what was being done
        CL.setExceptionsEnabled(false);
    }

    private Cl() {}

    /** Throws where a status is no success. */
    static void check(int status, String what) {
        if (status != CL_SUCCESS) {
            throw new BackendException("OpenCL: " + what + " failed with " + name(status));
        }
    }

    static String name(int status) {
        return stringFor_errorCode(status) + " (" + status + ")";
    }

    static String string(cl_platform_id platform, int parameter) {
        long[] size = new long[1];
        check(clGetPlatformInfo(platform, parameter, 0, null, size), "clGetPlatformInfo");
        byte[] text = new byte[(int) size[0]];
        check(clGetPlatformInfo(platform, parameter, text.length, Pointer.to(text), null), "clGetPlatformInfo");
        return trim(text);
    }

    static String string(cl_device_id device, int parameter) {
        long[] size = new long[1];
        check(clGetDeviceInfo(device, parameter, 0, null, size), "clGetDeviceInfo");
        byte[] text = new byte[(int) size[0]];
        check(clGetDeviceInfo(device, parameter, text.length, Pointer.to(text), null), "clGetDeviceInfo");
        return trim(text);
    }

    /** A number of up to eight bytes. */
    static long number(cl_device_id device, int parameter) {
        long[] value = new long[1];
        check(clGetDeviceInfo(device, parameter, 8, Pointer.to(value), null), "clGetDeviceInfo");
        return value[0];
    }

    static String trim(byte[] text) {
        int end = 0;
        while (end < text.length && text[end] != 0) {
            end++;
        }
        return new String(text, 0, end, StandardCharsets.UTF_8).strip();
    }
}
