data "goterra_deployment" "cluster" {
  deployment = goterra_deployment.cluster.id
}

output "hints" {
  value = data.goterra_deployment.cluster.hints
}
