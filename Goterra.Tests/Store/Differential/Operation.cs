using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Goterra.Tests.Store.Differential;

/// <summary>
/// One call to a store, or a move of its clock. It names things by their index, which is taken modulo their number: an operation keeps a meaning when others
/// before it are left out.
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

    /// <summary>The time that passes before it.</summary>
    public virtual TimeSpan Delay => TimeSpan.Zero;

    /// <summary>The stores sweep when that time has passed.</summary>
    public virtual bool Sweeps => true;

    /// <summary>Makes the call.</summary>
    /// <returns>What is compared.</returns>
    public abstract Task<object?> RunAsync(StoreSession session, CancellationToken cancellationToken);

    public string ToText() => $"{GetType().Name} {JsonSerializer.Serialize(this, GetType(), Json)}";
}

/// <summary>Moves the clock of both stores.</summary>
internal sealed record Advance(TimeSpan By, bool Sweep) : Operation
{
    public override TimeSpan Delay => By;

    public override bool Sweeps => Sweep;

    public override Task<object?> RunAsync(StoreSession session, CancellationToken cancellationToken) => Task.FromResult<object?>(null);
}
