resource "goterra_deployment" "cluster" {
  name = "cluster"
  ttl  = "48h"

  # An apply that was killed finds its deployment again.
  idempotency_key = "cluster-${terraform.workspace}"
}
