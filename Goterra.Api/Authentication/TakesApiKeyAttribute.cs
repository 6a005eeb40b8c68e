namespace Goterra.Api.Authentication;

/// <summary>The action is authenticated by the header X-API-Key only; see <see cref="ApiKeyAuthMiddleware"/>.</summary>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Class)]
internal sealed class TakesApiKeyAttribute : Attribute
{
    /// <summary>Anonymous users may call the action, if anonymous access is enabled.</summary>
    public bool AllowsAnonymous { get; init; }
}
