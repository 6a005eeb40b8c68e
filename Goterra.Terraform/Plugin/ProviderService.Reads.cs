using Goterra.Terraform.Protocol;
using Goterra.Terraform.Resources;
using Goterra.Terraform.Runtime;
using Goterra.Terraform.Values;
using Grpc.Core;

namespace Goterra.Terraform.Plugin;

/// <summary>The protocol of data sources and ephemeral resources.</summary>
internal sealed partial class ProviderService
{
    public override Task<ValidateConfig.Types.Response> ValidateDataResourceConfig(
        ValidateConfig.Types.Request request, ServerCallContext context) =>
        ValidateAsync(state.Types.DataSources, request);

    public override Task<ValidateConfig.Types.Response> ValidateEphemeralResourceConfig(
        ValidateConfig.Types.Request request, ServerCallContext context) =>
        ValidateAsync(state.Types.EphemeralResources, request);

    public override async Task<ReadDataSource.Types.Response> ReadDataSource(
        ReadDataSource.Types.Request request, ServerCallContext context)
    {
        var response = new ReadDataSource.Types.Response();
        await Errors.ReportAsync(response.Diagnostics, async () =>
        {
            var source = Find(state.Types.DataSources, request.TypeName);
            if (IsDeferred(source, request.ClientCapabilities))
            {
                response.State = request.Config;
                response.Deferred = new Deferred { Reason = Deferred.Types.Reason.ProviderConfigUnknown };
                return;
            }

            using var operation = state.Begin(context.CancellationToken);
            var config = ObjectValue.Read(request.Config.Msgpack.Span) ?? new ObjectValue();
            response.State = Packed(source.Schema.Write(await source.ReadAsync(config, operation)));
            response.Diagnostics.AddRange(operation.Warnings.Select(Errors.Warning));
        });
        return response;
    }

    public override async Task<OpenEphemeralResource.Types.Response> OpenEphemeralResource(
        OpenEphemeralResource.Types.Request request, ServerCallContext context)
    {
        var response = new OpenEphemeralResource.Types.Response();
        await Errors.ReportAsync(response.Diagnostics, async () =>
        {
            var source = Find(state.Types.EphemeralResources, request.TypeName);
            if (IsDeferred(source, request.ClientCapabilities))
            {
                response.Result = request.Config;
                response.Deferred = new Deferred { Reason = Deferred.Types.Reason.ProviderConfigUnknown };
                return;
            }

            using var operation = state.Begin(context.CancellationToken);
            var config = ObjectValue.Read(request.Config.Msgpack.Span) ?? new ObjectValue();
            response.Result = Packed(source.Schema.Write(await source.ReadAsync(config, operation)));
            response.Diagnostics.AddRange(operation.Warnings.Select(Errors.Warning));
        });
        return response;
    }

    // Nothing to do: revoking a token would end those of all machines.
    public override Task<CloseEphemeralResource.Types.Response> CloseEphemeralResource(
        CloseEphemeralResource.Types.Request request, ServerCallContext context) =>
        Task.FromResult(new CloseEphemeralResource.Types.Response());

    private static async Task<ValidateConfig.Types.Response> ValidateAsync(
        IReadOnlyDictionary<string, ReadOnlyResource> types, ValidateConfig.Types.Request request)
    {
        var response = new ValidateConfig.Types.Response();
        await Errors.ReportAsync(response.Diagnostics, () =>
        {
            var type = Find(types, request.TypeName);
            if (ObjectValue.Read(request.Config.Msgpack.Span) is { } config)
                type.Validate(config);
            return Task.CompletedTask;
        });
        return response;
    }

    /// <summary>The URL or the credential depends on a resource that does not exist yet.</summary>
    private bool IsDeferred(ReadOnlyResource source, ClientCapabilities? client)
    {
        if (!state.IsUnknown || source.IsOffline)
            return false;
        return client?.DeferralAllowed == true ? true : throw new DiagnosticException(
            "The provider's configuration is not known yet",
            $"{source.Schema.TypeName} is read during the plan, but the provider block depends on a resource that does not "
            + "exist yet. Create that first: `terraform apply -target=RESOURCE`.");
    }
}
