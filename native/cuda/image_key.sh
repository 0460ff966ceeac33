# What an image is made of, as a number: image_key.sh NAME SOURCE DEFINES... prints the name and the checksum of what the preprocessor
# makes of its source, without white space, which differs between preprocessors.
set -eu
name=$1
source=$2
shift 2
echo "$name $({ echo "$FLAGS"; cpp -P -D__CUDACC__ -Iportable -Icuda "$@" "$source"; } | tr -d ' \t\n' | cksum)"
