using Google.Protobuf;
using Goterra.Terraform.Protocol;
using Goterra.Terraform.Resources;
using Goterra.Terraform.Runtime;
using Goterra.Terraform.Values;
using Grpc.Core;

namespace Goterra.Terraform.Plugin;

/// <summary>The protocol of managed resources.</summary>
internal sealed partial class ProviderService
{
    /// <summary>Kept by Terraform beside the state of a resource that was imported, and not applied since.</summary>
    private static readonly ByteString Imported = ByteString.CopyFromUtf8("imported");

    /// <summary>Kept beside the state of a resource whose deployment has ended.</summary>
    private static readonly ByteString Ended = ByteString.CopyFromUtf8("ended");

    public override async Task<ValidateConfig.Types.Response> ValidateResourceConfig(
        ValidateConfig.Types.Request request, ServerCallContext context)
    {
        var response = new ValidateConfig.Types.Response();
        await Errors.ReportAsync(response.Diagnostics, () =>
        {
            var resource = ManagedType(request.TypeName);
            if (ObjectValue.Read(request.Config.Msgpack.Span) is not { } config)
                return Task.CompletedTask;
            // A Terraform that does not know write-only attributes would store them.
            if (request.ClientCapabilities?.WriteOnlyAttributesAllowed != true
                && resource.Schema.Attributes.FirstOrDefault(
                    one => one.IsWriteOnly && config.IsSet(one.Name)) is { } wo)
                throw new DiagnosticException(
                    "Terraform is too old", $"`{wo.Name}` needs Terraform 1.11 or later.", wo.Name);
            resource.Validate(config);
            return Task.CompletedTask;
        });
        return response;
    }

    public override async Task<UpgradeResourceState.Types.Response> UpgradeResourceState(
        UpgradeResourceState.Types.Request request, ServerCallContext context)
    {
        var response = new UpgradeResourceState.Types.Response();
        await Errors.ReportAsync(response.Diagnostics, () =>
        {
            var stored = ObjectValue.From(StateJson.Read(request.RawState.Json.Memory));
            response.UpgradedState = Packed(ManagedType(request.TypeName).Schema.Write(stored));
            return Task.CompletedTask;
        });
        return response;
    }

    public override async Task<ReadResource.Types.Response> ReadResource(
        ReadResource.Types.Request request, ServerCallContext context)
    {
        var response = new ReadResource.Types.Response { NewState = request.CurrentState, Private = request.Private };
        await Errors.ReportAsync(response.Diagnostics, async () =>
        {
            var resource = ManagedType(request.TypeName);
            // Without the server, the state is all that is known. The apply reads it again.
            if (state.IsUnknown || ObjectValue.Read(request.CurrentState.Msgpack.Span) is not { } current)
                return;
            using var operation = state.Begin(context.CancellationToken);
            response.NewState = Packed(resource.Schema.Write(await resource.ReadAsync(current.Copy(), operation)));
            if (operation.HasEnded)
                response.Private = Ended;
            else if (response.Private == Ended)
                response.Private = ByteString.Empty;
            response.Diagnostics.AddRange(operation.Warnings.Select(Errors.Warning));
        });
        return response;
    }

    public override async Task<PlanResourceChange.Types.Response> PlanResourceChange(
        PlanResourceChange.Types.Request request, ServerCallContext context)
    {
        var response = new PlanResourceChange.Types.Response
        {
            PlannedState = request.ProposedNewState,
            PlannedPrivate = request.PriorPrivate,
        };
        await Errors.ReportAsync(response.Diagnostics, () =>
        {
            var resource = ManagedType(request.TypeName);
            if (ObjectValue.Read(request.ProposedNewState.Msgpack.Span) is not { } proposed)
                return Task.CompletedTask; // destroy
            var plan = ChangePlan.Create(
                resource,
                ObjectValue.Read(request.PriorState.Msgpack.Span),
                proposed,
                ObjectValue.Read(request.Config.Msgpack.Span) ?? new ObjectValue(),
                wasImported: request.PriorPrivate == Imported);
            response.PlannedState = Packed(resource.Schema.Write(plan.Planned));
            response.RequiresReplace.AddRange(plan.ReplacedBy.Select(Errors.PathTo));
            return Task.CompletedTask;
        });
        return response;
    }

    public override async Task<ApplyResourceChange.Types.Response> ApplyResourceChange(
        ApplyResourceChange.Types.Request request, ServerCallContext context)
    {
        var response = new ApplyResourceChange.Types.Response { NewState = request.PriorState };
        await Errors.ReportAsync(response.Diagnostics, async () =>
        {
            var resource = ManagedType(request.TypeName);
            var prior = ObjectValue.Read(request.PriorState.Msgpack.Span);
            var planned = ObjectValue.Read(request.PlannedState.Msgpack.Span);
            var config = ObjectValue.Read(request.Config.Msgpack.Span) ?? new ObjectValue();
            using var operation = state.Begin(context.CancellationToken);
            operation.HasEnded = request.PlannedPrivate == Ended;
            if (planned is null && prior is not null)
                await resource.DeleteAsync(prior, operation);
            else if (planned is not null)
                planned = prior is null
                    ? await resource.CreateAsync(planned, config, operation)
                    : await resource.UpdateAsync(planned, config, operation);
            response.NewState = Packed(resource.Schema.Write(planned));
            response.Diagnostics.AddRange(operation.Warnings.Select(Errors.Warning));
        });
        return response;
    }

    public override async Task<ImportResourceState.Types.Response> ImportResourceState(
        ImportResourceState.Types.Request request, ServerCallContext context)
    {
        var response = new ImportResourceState.Types.Response();
        await Errors.ReportAsync(response.Diagnostics, () =>
        {
            var resource = ManagedType(request.TypeName);
            response.ImportedResources.Add(new ImportResourceState.Types.ImportedResource
            {
                TypeName = request.TypeName,
                State = Packed(resource.Schema.Write(resource.Import(request.Id))),
                Private = Imported,
            });
            return Task.CompletedTask;
        });
        return response;
    }

    private ManagedResource ManagedType(string name) => Find(state.Types.Resources, name);

    private static T Find<T>(IReadOnlyDictionary<string, T> types, string name) =>
        types.GetValueOrDefault(name) ?? throw new DiagnosticException(
            "Unknown type", $"The provider has no type `{name}`. Is its version the one that the configuration needs?");
}
