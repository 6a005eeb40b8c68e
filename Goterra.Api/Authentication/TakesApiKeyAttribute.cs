namespace Goterra.Api.Authentication;

/// <summary>
/// The action is authenticated by an API key or, for GET and HEAD, a session token of the platform; see
/// <see cref="ApiKeyAuthMiddleware"/>.
/// </summary>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Class)]
internal sealed class TakesApiKeyAttribute : Attribute
{
    /// <summary>Anonymous users may call the action, if anonymous access is enabled.</summary>
    public bool AllowsAnonymous { get; init; }
}
