/** What only OpenCL devices can get wrong. */
package org.sluice.tests.opencl;
