data "goterra_user_data" "master" {
  ticket = goterra_ticket.master.ticket
  url    = goterra_deployment.cluster.url
  script = file("${path.module}/install-master.sh")
}
