package org.sluice.tests.architecture;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The arrows of the architecture, held by the bytecode of every module. */
class ArchitectureTest {
    /** Production classes; tests and benchmarks may see everything. */
    private static final JavaClasses ALL = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .withImportOption(location -> !location.contains("/benchmarks/") && !location.contains("org/sluice/tests/"))
            .importPackages("org.sluice");

    private static void check(ArchRule rule) {
        rule.allowEmptyShould(true).check(ALL);
    }

    @Test
    void classesAreFound() {
        assertThat(ALL.stream().map(JavaClass::getPackageName).collect(Collectors.toSet()))
                .contains(
                        "org.sluice",
                        "org.sluice.tensor",
                        "org.sluice.graph",
                        "org.sluice.backend",
                        "org.sluice.checkpoint",
                        "org.sluice.model",
                        "org.sluice.decode",
                        "org.sluice.chat",
                        "org.sluice.backend.cpu",
                        "org.sluice.backend.cpu.vector");
    }

    @Test
    void arrowsPointDown() {
        check(layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .withOptionalLayers(true)
                .layer("error")
                .definedBy("org.sluice.error..")
                .layer("tensor")
                .definedBy("org.sluice.tensor..")
                .layer("graph")
                .definedBy("org.sluice.graph..")
                .layer("backend")
                .definedBy("org.sluice.backend")
                .layer("checkpoint")
                .definedBy("org.sluice.checkpoint..")
                .layer("model")
                .definedBy("org.sluice.model..")
                .layer("decode")
                .definedBy("org.sluice.decode..")
                .layer("engine")
                .definedBy("org.sluice")
                .layer("natives")
                .definedBy("org.sluice.natives..")
                .layer("backends")
                .definedBy("org.sluice.backend.*..")
                .layer("chat")
                .definedBy("org.sluice.chat..")
                .layer("front")
                .definedBy("org.sluice.cli..", "org.sluice.server..")
                .whereLayer("error")
                .mayNotAccessAnyLayer()
                .whereLayer("tensor")
                .mayOnlyAccessLayers("error")
                .whereLayer("graph")
                .mayOnlyAccessLayers("error", "tensor")
                .whereLayer("backend")
                .mayOnlyAccessLayers("error", "tensor", "graph")
                .whereLayer("checkpoint")
                .mayOnlyAccessLayers("error", "tensor", "graph", "backend")
                .whereLayer("model")
                .mayOnlyAccessLayers("error", "tensor", "graph", "backend", "checkpoint")
                .whereLayer("decode")
                .mayOnlyAccessLayers("error", "tensor", "graph", "backend", "checkpoint", "model")
                .whereLayer("engine")
                .mayOnlyAccessLayers("error", "tensor", "graph", "backend", "checkpoint", "model", "decode")
                .whereLayer("natives")
                .mayOnlyAccessLayers("error")
                .whereLayer("backends")
                .mayOnlyAccessLayers("error", "tensor", "graph", "backend", "natives")
                .whereLayer("chat")
                .mayOnlyAccessLayers("error", "tensor", "graph", "backend", "checkpoint", "model", "decode", "engine")
                .whereLayer("front")
                .mayOnlyBeAccessedByLayers("front"));
    }

    @Test
    void nobodyKnowsABackendByName() {
        check(noClasses()
                .that(resideOutsideOfPackages("org.sluice.backend.*.."))
                .should()
                .dependOnClassesThat(resideInAnyPackage("org.sluice.backend.*.."))
                .because("backends are found by ServiceLoader"));
    }

    @Test
    void backendsDoNotKnowEachOther() {
        check(slices().matching("org.sluice.backend.(*)..")
                .should()
                .notDependOnEachOther()
                .ignoreDependency(
                        resideInAnyPackage("org.sluice.backend.*.."),
                        resideInAnyPackage("org.sluice.backend.support..")));
    }

    @Test
    void packagesHaveNoCycles() {
        // the bindings find their library through its loader, which asks them for its version: one unit in two packages
        check(slices().matching("org.sluice.(**)")
                .should()
                .beFreeOfCycles()
                .ignoreDependency(
                        resideInAnyPackage("org.sluice.natives.jextract"), resideInAnyPackage("org.sluice.natives")));
    }

    @Test
    void theVectorApiStaysInOnePackage() {
        // the memory probe of the bench command is no kernel: it measures what kernels are compared with
        check(noClasses()
                .that(resideOutsideOfPackages("org.sluice.backend.cpu.vector..", "org.sluice.cli.bench.."))
                .should()
                .dependOnClassesThat(resideInAnyPackage("jdk.incubator.vector..")));
    }

    @Test
    void bindingsStayInsideTheirBackends() {
        check(noClasses()
                .that(resideOutsideOfPackages("org.sluice.backend.cuda..", "org.sluice.backend.opencl.."))
                .should()
                .dependOnClassesThat(resideInAnyPackage("jcuda..", "org.jocl..")));
        // a public class of an exported package must not speak of them; the packages that export are the backends'
        // roots
        check(noMethods()
                .that()
                .arePublic()
                .and()
                .areDeclaredInClassesThat()
                .resideInAnyPackage("org.sluice.backend.cuda", "org.sluice.backend.opencl")
                .and()
                .areDeclaredInClassesThat()
                .arePublic()
                .should()
                .haveRawReturnType(resideInAnyPackage("jcuda..", "org.jocl.."))
                .orShould()
                .haveRawParameterTypes(com.tngtech.archunit.base.DescribedPredicate.anyElementThat(
                        resideInAnyPackage("jcuda..", "org.jocl.."))));
    }

    @Test
    void librariesDoNotPrint() {
        check(noClasses()
                .that(resideOutsideOfPackages("org.sluice.cli.."))
                .should(ACCESS_STANDARD_STREAMS)
                .because("libraries log through System.Logger"));
    }

    @Test
    void exceptionsAreOurs() {
        // the template interpreter is not exported, and what it throws is turned into ours
        check(classes()
                .that()
                .areAssignableTo(RuntimeException.class)
                .and()
                .resideOutsideOfPackages("org.sluice.chat.jinja..")
                .and()
                .resideInAnyPackage("org.sluice..")
                .and()
                .arePublic()
                .should()
                .beAssignableTo("org.sluice.error.SluiceException"));
    }
}
