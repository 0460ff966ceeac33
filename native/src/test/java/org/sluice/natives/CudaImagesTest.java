package org.sluice.natives;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class CudaImagesTest {
    @Test
    void everyNameHasAnImageThatSaysItsName() {
        assertThat(CudaImages.names()).contains("rows", "matmul-Q4_K", "experts-F8_E4M3-scaled");
        for (String name : CudaImages.names()) {
            byte[] image = CudaImages.image(name).orElseThrow();
            String text = new String(image, StandardCharsets.US_ASCII);
            assertThat(text).startsWith("// sluice:" + name + "\n").endsWith("}\n\0");
            assertThat(text).contains(".target sm_80", ".visible .entry ").doesNotContain("// sluice:" + name + "\0");
            assertThat(text.indexOf("// sluice:", 1)).isEqualTo(-1);
        }
    }

    @Test
    void aNameThatIsNoneHasNoImage() {
        assertThat(CudaImages.image("matmul-I32")).isEmpty();
        assertThat(CudaImages.image("common")).isEmpty();
        assertThat(CudaImages.image("../portable/rows")).isEmpty();
        assertThat(CudaImages.fatbin("matmul-I32")).isEmpty();
    }
}
