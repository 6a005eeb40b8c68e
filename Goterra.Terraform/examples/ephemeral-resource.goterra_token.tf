ephemeral "goterra_token" "reader" {
  deployment = goterra_deployment.cluster.id
  read       = ["nodes/*"]
  ttl        = "30m"
}
