# Lists the images: one line each with name, source below native, and the defines it is compiled with. Sourced by the builds.
#
# An image is one source compiled for one type of weights or caches: <source>[-<type>[-scaled]], <source>-cache_<type>. Types and sources of the portable kernels
# are those of the OpenCL backend; what is under cuda/ is written for NVIDIA's processors alone.

plain_types="F32 F16 BF16 F8_E4M3"
quantised_types="Q4_0 Q4_1 Q5_0 Q5_1 Q8_0 Q2_K Q3_K Q4_K Q5_K Q6_K IQ2_XXS IQ2_XS IQ2_S IQ3_XXS IQ3_S IQ1_S IQ1_M IQ4_NL IQ4_XS \
TQ1_0 TQ2_0 MXFP4 NVFP4"

# of_type NAME SOURCE TYPES SCALED_TYPES
of_type() {
    for type in $3; do
        echo "$1-$type $2 -DWEIGHT_$type"
    done
    for type in $4; do
        echo "$1-$type-scaled $2 -DWEIGHT_$type -DSCALED"
    done
}

# group_of NAME: the file that an image's PTX is packed into. Types that are unpacked alike share one, as they have most of their text in
# common; a model needs two or three of them.
group_of() {
    case ${1#*-} in
        "$1" | cache_*) echo common ;;
        F32* | F16* | BF16* | F8_*) echo plain ;;
        IQ4_* | MXFP4 | NVFP4) echo four_bit ;;
        IQ*) echo iq ;;
        *_K | TQ*) echo k ;;
        *) echo legacy ;;
    esac
}

images() {
    for source in append index_scores latent_attention rope route rows select; do
        echo "$source portable/$source.cl"
    done
    for source in append index_scores latent_attention; do
        for cache in BF16 FP8; do
            echo "$source-cache_$(echo $cache | tr A-Z a-z) portable/$source.cl -DCACHE_$cache"
        done
    done
    for source in attention_fast index_scores_fast rounding select_fast; do
        echo "$source cuda/$source.cu"
    done
    for source in embed experts head_matmul matmul; do
        of_type $source portable/$source.cl "$plain_types $quantised_types" "$plain_types"
    done
    for source in gemm gemv expert_gemv; do
        of_type $source cuda/$source.cu "$plain_types $quantised_types" F8_E4M3
    done
}
