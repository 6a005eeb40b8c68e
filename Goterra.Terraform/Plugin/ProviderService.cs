using Google.Protobuf;
using Goterra.Terraform.Protocol;
using Goterra.Terraform.Resources;
using Goterra.Terraform.Store;
using Goterra.Terraform.Values;
using Grpc.Core;

namespace Goterra.Terraform.Plugin;

/// <summary>The provider's protocol, for all that does not concern one type.</summary>
internal sealed partial class ProviderService(ProviderState state) : Provider.ProviderBase
{
    private static readonly ServerCapabilities Capabilities = new() { GetProviderSchemaOptional = true };

    public override Task<GetMetadata.Types.Response> GetMetadata(
        GetMetadata.Types.Request request, ServerCallContext context)
    {
        var response = new GetMetadata.Types.Response { ServerCapabilities = Capabilities };
        response.Resources.AddRange(state.Types.Resources.Keys.Select(Named));
        response.DataSources.AddRange(state.Types.DataSources.Keys.Select(Named));
        response.EphemeralResources.AddRange(state.Types.EphemeralResources.Keys.Select(Named));
        return Task.FromResult(response);

        static GetMetadata.Types.Type Named(string name) => new() { TypeName = name };
    }

    public override Task<GetProviderSchema.Types.Response> GetProviderSchema(
        GetProviderSchema.Types.Request request, ServerCallContext context)
    {
        var response = new GetProviderSchema.Types.Response
        {
            Provider = SchemaMessages.From(ProviderSettings.Schema),
            ServerCapabilities = Capabilities,
        };
        foreach (var (name, type) in state.Types.Resources)
            response.ResourceSchemas[name] = SchemaMessages.From(type.Schema);
        foreach (var (name, type) in state.Types.DataSources)
            response.DataSourceSchemas[name] = SchemaMessages.From(type.Schema);
        foreach (var (name, type) in state.Types.EphemeralResources)
            response.EphemeralResourceSchemas[name] = SchemaMessages.From(type.Schema);
        return Task.FromResult(response);
    }

    public override Task<ValidateProviderConfig.Types.Response> ValidateProviderConfig(
        ValidateProviderConfig.Types.Request request, ServerCallContext context) =>
        Task.FromResult(new ValidateProviderConfig.Types.Response());

    public override async Task<ConfigureProvider.Types.Response> ConfigureProvider(
        ConfigureProvider.Types.Request request, ServerCallContext context)
    {
        var response = new ConfigureProvider.Types.Response();
        await Errors.ReportAsync(response.Diagnostics, () =>
        {
            state.Configure(ObjectValue.Read(request.Config.Msgpack.Span) ?? new ObjectValue());
            return Task.CompletedTask;
        });
        return response;
    }

    public override Task<StopProvider.Types.Response> StopProvider(
        StopProvider.Types.Request request, ServerCallContext context)
    {
        state.Stop.Request();
        return Task.FromResult(new StopProvider.Types.Response());
    }

    private static DynamicValue Packed(byte[] messagePack) => new() { Msgpack = ByteString.CopyFrom(messagePack) };
}
