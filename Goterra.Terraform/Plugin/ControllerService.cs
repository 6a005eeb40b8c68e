using Goterra.Terraform.Protocol;
using Grpc.Core;
using Microsoft.Extensions.Hosting;

namespace Goterra.Terraform.Plugin;

/// <summary>Ends the process when Terraform no longer needs it.</summary>
internal sealed class ControllerService(IHostApplicationLifetime lifetime) : GRPCController.GRPCControllerBase
{
    public override Task<Nothing> Shutdown(Nothing request, ServerCallContext context)
    {
        lifetime.StopApplication();
        return Task.FromResult(new Nothing());
    }
}
