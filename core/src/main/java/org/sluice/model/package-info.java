/**
 * Model families: configuration, tensor names, and the graph of a step. One family is one set of files; nothing below this
 * package knows a family.
 */
package org.sluice.model;
