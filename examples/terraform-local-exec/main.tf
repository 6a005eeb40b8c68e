# One master and some workers, installed by Terraform with nothing but its built-in resources. The "machines" are processes of this computer: where they
# are started is where you would start a VM.
#
#   terraform init && terraform apply -var goterra_url=http://localhost:8000
#
# What Terraform keeps in its state: the address of the server, names, the folder below, and a random key with which the creation of the deployment is
# repeated if the folder is lost. Id and token are in the folder, in files that only you can read. Each workspace has a folder of its own.

terraform {
  required_version = ">= 1.4"
}

variable "goterra_url" {
  type        = string
  default     = "http://localhost:8000"
  description = "Address of the goterra server. An API key, if it wants one, comes from the environment: GOT_APIKEY."
}

variable "workers" {
  type    = number
  default = 2
}

variable "patience" {
  type        = string
  default     = "10m"
  description = "How long the machines wait for each other."
}

variable "broken" {
  type        = string
  default     = ""
  description = "The name of a machine that shall fail, to see what happens then."
}

variable "tickets" {
  type        = bool
  default     = false
  description = "Give each machine a single-use ticket in place of the deployment's token."
}

locals {
  # Relative: the state may be applied on another computer.
  folder   = "${path.root}/.goterra/${terraform.workspace}"
  script   = "${path.module}/goterra.sh"
  machines = toset(concat(["master"], [for i in range(var.workers) : "worker-${i + 1}"]))
}

# The deployment. It is made with the first apply and deleted, with all its data, by destroy. Terraform runs no destroy-time provisioner of a resource
# whose creation was interrupted: so it is one resource that deletes, and another one that creates.
resource "terraform_data" "deletion" {
  input = { url = var.goterra_url, folder = local.folder, script = local.script }

  provisioner "local-exec" {
    when        = destroy
    command     = "sh \"$SCRIPT\" delete"
    environment = { GOT_URL = self.input.url, FOLDER = self.input.folder, SCRIPT = self.input.script, KEY = self.id }
  }
}

resource "terraform_data" "deployment" {
  triggers_replace = terraform_data.deletion.id
  input            = { url = var.goterra_url, folder = local.folder, script = local.script }

  provisioner "local-exec" {
    command     = "sh \"$SCRIPT\" create"
    environment = { GOT_URL = self.input.url, FOLDER = self.input.folder, SCRIPT = self.input.script, KEY = terraform_data.deletion.id }
  }
}

# The machines. They come up in any order, and wait for what they need. One that was broken is made again.
resource "terraform_data" "machine" {
  for_each         = local.machines
  triggers_replace = [terraform_data.deployment.id, each.key == var.broken]
  input            = { url = var.goterra_url, folder = local.folder }

  provisioner "local-exec" {
    command = "sh \"$SCRIPT\" start"
    environment = {
      GOT_URL  = self.input.url
      FOLDER   = self.input.folder
      SCRIPT   = local.script
      MACHINE  = each.key
      WORKERS  = var.workers
      PATIENCE = var.patience
      BROKEN   = each.key == var.broken ? "yes" : ""
      TICKETS  = var.tickets ? "yes" : ""
    }
  }
}

# Apply ends when every machine is up, or as soon as one has failed. The cluster's address is then in the folder.
resource "terraform_data" "ready" {
  triggers_replace = [for machine in terraform_data.machine : machine.id]

  provisioner "local-exec" {
    command = "sh \"$SCRIPT\" ready"
    environment = {
      GOT_URL  = var.goterra_url
      FOLDER   = local.folder
      SCRIPT   = local.script
      MACHINES = length(local.machines)
      PATIENCE = var.patience
    }
  }
}

output "cluster_address_file" {
  value = "${local.folder}/cluster_address"

  depends_on = [terraform_data.ready]
}
