resource "goterra_value" "version" {
  deployment = goterra_deployment.cluster.id
  key        = "config/version"
  value      = "1.33"
}

# A secret, which is stored neither in the plan nor in the state.
resource "goterra_value" "password" {
  deployment       = goterra_deployment.cluster.id
  key              = "db/password"
  value_wo         = var.password
  value_wo_version = 1
}

variable "password" {
  type      = string
  ephemeral = true
  sensitive = true
}
