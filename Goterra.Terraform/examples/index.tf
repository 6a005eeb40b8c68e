terraform {
  required_version = ">= 1.11"
  required_providers {
    goterra = {
      source = "goterra/goterra"
    }
  }
}

provider "goterra" {
  url = "https://goterra.example.org"
  # The API key comes from the environment: GOT_APIKEY.
}

resource "goterra_deployment" "cluster" {
  name = "cluster"
  ttl  = "48h"
}

resource "goterra_ticket" "worker" {
  count      = 2
  deployment = goterra_deployment.cluster.id
  name       = "worker-${count.index}"
  read       = ["join_token"]
  write      = ["nodes/worker-${count.index}"]
}

data "goterra_user_data" "worker" {
  count  = 2
  ticket = goterra_ticket.worker[count.index].ticket
  url    = goterra_deployment.cluster.url
  script = <<-EOT
    #!/bin/sh
    set -eu
    goterra-cli get --out /etc/goterra/join_token join_token
    goterra-cli put "nodes/worker-${count.index}" "$(hostname -I)"
  EOT
}

# Give data.goterra_user_data.worker[*].text to the machines as user_data.

resource "goterra_wait" "workers" {
  deployment = goterra_deployment.cluster.id
  prefix     = "nodes/"
  min_count  = 2
  timeout    = "30m"
}
