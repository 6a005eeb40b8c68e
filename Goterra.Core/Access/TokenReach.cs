namespace Goterra.Core.Access;

/// <summary>How long what is derived from a credential may live: as long as that itself, or could be renewed to.</summary>
/// <param name="Window">Counted from the making of the deployment; null where there is no end.</param>
/// <param name="Left">Of the credential's own time.</param>
internal readonly record struct TokenReach(TimeSpan? Window, TimeSpan Left)
{
    public static TokenReach Of(Caller caller, AccessOptions options, TimeProvider time) => new(
        caller.HasApiKey ? null : caller.Until is null ? options.RenewableFor : TimeSpan.Zero,
        caller.Expires - time.GetUtcNow());
}
