using Goterra.Terraform.Protocol;
using Goterra.Terraform.Runtime;
using Grpc.Core;
using Microsoft.Extensions.Hosting;

namespace Goterra.Terraform.Plugin;

/// <summary>
/// The stream that Terraform holds open while it runs. If Terraform is killed, the stream ends without a shutdown, and
/// no client waits for the operations in progress.
/// </summary>
internal sealed class StdioService(IHostApplicationLifetime lifetime, StopSignal stop) : GRPCStdio.GRPCStdioBase
{
    public override async Task StreamStdio(
        Nothing request, IServerStreamWriter<StdioData> responseStream, ServerCallContext context)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var lost = context.CancellationToken.Register(() => ended.TrySetResult());
        await using var stopped = lifetime.ApplicationStopping.Register(() => ended.TrySetResult());
        await ended.Task;
        stop.Request();
        lifetime.StopApplication();
    }
}
