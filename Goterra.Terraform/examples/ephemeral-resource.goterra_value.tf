ephemeral "goterra_value" "kubeconfig" {
  deployment = goterra_wait.cluster.deployment
  key        = "kubeconfig"
}

resource "goterra_value" "copy" {
  deployment       = goterra_deployment.other.id
  key              = "kubeconfig"
  value_wo         = ephemeral.goterra_value.kubeconfig.value
  value_wo_version = 1
}
