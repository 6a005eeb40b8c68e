namespace Goterra.Api.Access;

/// <summary>The action knows its caller by the header X-API-Key, for the API's description.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class TakesApiKeyAttribute : Attribute;
