#!/bin/sh
# Boots user-data with the real cloud-init, as the machine of the given name: what it writes goes into an overlay that nobody else sees, and is gone afterwards.
# Run it in mount and host name namespaces of its own (unshare -m -u), as root.
#   $1 user-data   $2 name of the machine   $3 what to use for goterra-cli   $4 an empty folder
set -eu
scratch=$4
mount -t tmpfs tmpfs "$scratch"
for folder in etc var run usr/local/sbin; do
  mkdir -p "$scratch/$folder" "$scratch/work/$folder"
  mount -t overlay overlay -o "lowerdir=/$folder,upperdir=$scratch/$folder,workdir=$scratch/work/$folder" "/$folder"
done
hostname "$2"

rm -rf /var/lib/cloud /run/cloud-init /var/lib/goterra /etc/cloud/cloud.cfg.d/*
mkdir -p /var/lib/cloud/seed/nocloud
cp "$1" /var/lib/cloud/seed/nocloud/user-data
printf 'instance-id: %s\nlocal-hostname: %s\n' "$2" "$2" >/var/lib/cloud/seed/nocloud/meta-data
cat >/etc/cloud/cloud.cfg <<'END'
datasource_list: [NoCloud]
network: {config: disabled}
cloud_init_modules: [write_files]
cloud_config_modules: [runcmd]
cloud_final_modules: [scripts_user]
END
printf '#!/bin/sh\nexec "%s" "$@"\n' "$3" >/usr/local/sbin/goterra-cli
chmod +x /usr/local/sbin/goterra-cli

cloud-init init --local
cloud-init init
cloud-init modules --mode=config
cloud-init modules --mode=final
