/** What {@code tests/gpu/check.sh} runs where a GPU is: op cases, goldens and measurements, each into a JSON file. */
@org.jspecify.annotations.NullMarked
package org.sluice.tests.gpu;
