using Google.Protobuf.Collections;
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
            response.Deferred = DeferralOf(source, request.ClientCapabilities);
            response.State = response.Deferred is null
                ? await ReadAsync(source, request.Config, response.Diagnostics, context.CancellationToken)
                : request.Config;
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
            response.Deferred = DeferralOf(source, request.ClientCapabilities);
            response.Result = response.Deferred is null
                ? await ReadAsync(source, request.Config, response.Diagnostics, context.CancellationToken)
                : request.Config;
        });
        return response;
    }

    // Nothing to do: revoking a token would end those of all machines.
    public override Task<CloseEphemeralResource.Types.Response> CloseEphemeralResource(
        CloseEphemeralResource.Types.Request request, ServerCallContext context) =>
        Task.FromResult(new CloseEphemeralResource.Types.Response());

    private async Task<DynamicValue> ReadAsync(
        ReadOnlyResource source, DynamicValue config, RepeatedField<Diagnostic> diagnostics,
        CancellationToken cancellationToken)
    {
        using var operation = state.Begin(cancellationToken);
        var inputs = ObjectValue.Read(config.Msgpack.Span) ?? new ObjectValue();
        var read = Packed(source.Schema.Write(await source.ReadAsync(inputs, operation)));
        diagnostics.AddRange(operation.Warnings.Select(Errors.Warning));
        return read;
    }

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
    private Deferred? DeferralOf(ReadOnlyResource source, ClientCapabilities? client)
    {
        if (!state.IsUnknown || source.IsOffline)
            return null;
        return client?.DeferralAllowed == true
            ? new Deferred { Reason = Deferred.Types.Reason.ProviderConfigUnknown }
            : throw new DiagnosticException(
                "The provider's configuration is not known yet",
                $"{source.Schema.TypeName} is read during the plan, but the provider block depends on a resource that "
                + "does not exist yet. Create that first: `terraform apply -target=RESOURCE`.");
    }
}
