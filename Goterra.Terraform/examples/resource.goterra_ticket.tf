resource "goterra_ticket" "worker" {
  for_each   = toset(["worker-1", "worker-2"])
  deployment = goterra_deployment.cluster.id
  name       = each.key
  ttl        = "2h"
  read       = ["join_token", "nodes/*"]
  write      = ["nodes/${each.key}"]
}
