# A master and some workers, which hand each other a join token. Each gets its user-data with a single-use ticket. The "machines" are processes of this
# computer (machine.sh): where they are started is where you would create a VM with `user_data`.

terraform {
  required_version = ">= 1.11"
  required_providers {
    goterra = {
      source = "goterra/goterra"
    }
  }
}

# The URL of the server and the API key come from the environment: GOT_URL, GOT_APIKEY.
provider "goterra" {}

variable "workers" {
  type    = number
  default = 2
}

variable "patience" {
  type        = string
  default     = "10m"
  description = "How long Terraform waits for the machines."
}

variable "broken" {
  type        = string
  default     = ""
  description = "The name of a machine that fails, to see what happens then."
}

locals {
  machines = toset(concat(["master"], [for i in range(var.workers) : "worker-${i + 1}"]))
}

resource "goterra_deployment" "cluster" {
  name = "cluster-${terraform.workspace}"
  ttl  = "24h"

  # Unique for each workspace. With it, an apply that was killed finds its deployment again.
  idempotency_key = "cluster-${terraform.workspace}"
}

# Only the master may write what the others trust.
resource "goterra_ticket" "machine" {
  for_each   = local.machines
  deployment = goterra_deployment.cluster.id
  name       = each.key
  ttl        = "1h"
  read       = ["join_token"]
  write      = concat(["nodes/${each.key}"], each.key == "master" ? ["join_token"] : [])

  # A machine that was broken is made again, with a new ticket.
  keepers = { broken = each.key == var.broken }
}

data "goterra_user_data" "machine" {
  for_each = local.machines
  ticket   = goterra_ticket.machine[each.key].ticket
  url      = goterra_deployment.cluster.url
  script   = <<-EOT
    #!/bin/sh
    set -eu
    %{if each.key == var.broken}
    echo "there is no disk"
    exit 1
    %{endif}
    %{if each.key == "master"}
    od -An -N16 -tx1 /dev/urandom | tr -d ' \n' | goterra-cli put join_token -
    %{else}
    goterra-cli get join_token >/dev/null # and join the cluster with it
    %{endif}
    goterra-cli put "nodes/${each.key}" "10.0.0.1"
  EOT
}

# In place of a VM.
resource "terraform_data" "machine" {
  for_each         = local.machines
  triggers_replace = goterra_ticket.machine[each.key].id

  provisioner "local-exec" {
    command = "nohup sh \"$SCRIPT\" >/dev/null 2>&1 </dev/null &"
    environment = {
      SCRIPT       = "${path.module}/machine.sh"
      USER_DATA    = data.goterra_user_data.machine[each.key].text
      GOTERRA_ROOT = abspath("${path.root}/.machines/${terraform.workspace}/${each.key}")
    }
  }
}

# Apply ends when all machines are up, or as soon as one has failed.
resource "goterra_wait" "cluster" {
  deployment = goterra_deployment.cluster.id
  prefix     = "nodes/"
  min_count  = length(local.machines)
  timeout    = var.patience
  keepers    = { for name, machine in terraform_data.machine : name => machine.id }
}

output "deployment" {
  value = goterra_deployment.cluster.id
}

output "arrived" {
  value = goterra_wait.cluster.arrived
}
