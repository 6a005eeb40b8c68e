resource "goterra_wait" "cluster" {
  deployment = goterra_deployment.cluster.id
  keys       = ["cluster_address"]
  timeout    = "20m"
}

resource "goterra_wait" "workers" {
  deployment  = goterra_deployment.cluster.id
  prefix      = "nodes/"
  min_count   = 3
  fail_prefix = "failed/"
}
