/**
 * The backend SPI: what a device offers, how a graph becomes a program, what a step is.
 *
 * <p>Backends are found by {@link java.util.ServiceLoader} and named by selectors such as {@code cpu}, {@code cpu:vector} or
 * {@code opencl:0:1}. Nothing above this package knows a backend's classes.
 */
package org.sluice.backend;
