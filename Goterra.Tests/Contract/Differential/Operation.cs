using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Goterra.Tests.Contract.Differential;

/// <summary>
/// One call to a store. It refers to deployments and tickets by index, modulo their number, and to tags and epochs by
/// their age, so that it stays meaningful when shrinking removes operations before it.
/// </summary>
internal abstract record Operation
{
    private static readonly JsonSerializerOptions Json = new()
    {
        Converters = { new JsonStringEnumConverter() },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        IgnoreReadOnlyProperties = true,
    };

    /// <summary>How far the clock moves before the call.</summary>
    public virtual TimeSpan Delay => TimeSpan.Zero;

    /// <summary>Whether the stores sweep after the clock has moved.</summary>
    public virtual bool Sweeps => true;

    /// <summary>Makes the call.</summary>
    /// <returns>What is compared; without what the contract leaves open.</returns>
    public abstract Task<object?> RunAsync(StoreSession session, CancellationToken cancellationToken);

    public string ToText() => $"{GetType().Name} {JsonSerializer.Serialize(this, GetType(), Json)}";
}

/// <summary>Moves the clock.</summary>
internal sealed record Advance(TimeSpan By, bool Sweep) : Operation
{
    public override TimeSpan Delay => By;

    public override bool Sweeps => Sweep;

    public override Task<object?> RunAsync(StoreSession session, CancellationToken cancellationToken) =>
        Task.FromResult<object?>(null);
}
